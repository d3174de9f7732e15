import { invalidServer, type ServerName } from '../errors.js'
import { checkUrl } from '../server/remote-server.js'

export interface HttpPoolServer {
  /** http or https, without credentials, query and fragment; requests go to paths below it. */
  url: string
}

/** @throws KeelsonError `INVALID_OPTION` for a bad URL, and for a query, a fragment or headers, which would not be sent. */
export function checkHttp(name: ServerName, config: unknown): void {
  checkUrl(name, config)
  const { url, headers } = config as HttpPoolServer & { headers?: unknown }
  const { search, hash } = new URL(url)
  if (search !== '' || hash !== '') throw invalidServer(name, 'url', 'has a query or a fragment', 'give it with each request')
  if (headers !== undefined) throw invalidServer(name, 'headers', 'are not sent by an httpPool', 'give them with each request')
}

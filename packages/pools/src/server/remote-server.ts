import { invalidServer, type ServerName } from '../errors.js'
import { isRecord, isStrings } from './record.js'

/** An MCP server over Server-Sent Events, the older of the two transports over HTTP. */
export interface SseServer {
  type: 'sse'
  url: string
  headers?: Readonly<Record<string, string>>
}

/** An MCP server over streamable HTTP. */
export interface StreamableServer {
  type?: 'http' | 'streamable-http'
  url: string
  headers?: Readonly<Record<string, string>>
}

/** @throws KeelsonError `INVALID_OPTION` unless there is an http or https URL. */
export function checkUrl(name: ServerName, config: unknown): void {
  if (!isRecord(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a url')
  const { url, headers } = config
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalidServer(name, 'url', 'is no http or https URL', 'write it in full, such as http://127.0.0.1:3000/mcp')
  }
  const { username, password } = new URL(url)
  // Fetch takes none, and repeats the whole URL in its error.
  if (username !== '' || password !== '')
    throw invalidServer(name, 'url', 'has a user name or password', 'put them into a header')
  if (headers !== undefined && !isStrings(headers))
    throw invalidServer(name, 'headers', 'must map names to strings', 'quote numbers')
  const bad = Object.entries((headers ?? {}) as Record<string, string>).find((header) => !isHeader(header))
  if (bad !== undefined)
    throw invalidServer(name, 'headers', `has a name or value that HTTP does not allow (${bad[0]})`, 'look for line breaks')
}

function isHeader(header: [string, string]): boolean {
  try {
    return new Headers([header]) !== undefined
  } catch {
    return false
  }
}

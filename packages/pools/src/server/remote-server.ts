import { invalidServer, type ServerName } from '../errors.js'
import { isRecord, isStrings } from './record.js'

/** An MCP server over Server-Sent Events, the older of the two transports over HTTP. */
export interface SseServer {
  type: 'sse'
  /** Of the event stream; http or https, without credentials. */
  url: string
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>
}

/** An MCP server over streamable HTTP. */
export interface StreamableServer {
  type?: 'http' | 'streamable-http'
  /** Of the MCP endpoint; http or https, without credentials. */
  url: string
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>
}

/** @throws KeelsonError `INVALID_OPTION` unless url is an http or https URL without credentials and the headers are valid. */
export function checkUrl(name: ServerName, config: unknown): void {
  if (!isRecord(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a url')
  const { url, headers } = config
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalidServer(name, 'url', 'is no http or https URL', 'write it in full, such as http://127.0.0.1:3000/mcp')
  }
  const { username, password } = new URL(url)
  // fetch() accepts no credentials in a URL, and its error would show them.
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

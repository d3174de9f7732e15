import { invalidServer, type ServerName } from './pool-errors.js'

/** A child process that is talked to over its standard streams. */
export interface StdioServer {
  type?: 'stdio'
  command: string
  args?: readonly string[]
  cwd?: string
  /** Added to the few variables that a child gets anyway: HOME, PATH, USER and the like. */
  env?: Readonly<Record<string, string>>
  /** Passes on the whole environment of this process, secrets included; default false. */
  inheritEnv?: boolean
  /**
   * Given what it says on its standard error, which is always read and of which the last 4 KiB are kept for messages. What it
   * throws changes nothing.
   */
  onStderr?: (chunk: Buffer) => unknown
}

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

/** One entry of a `servers.json` or `mcpServers`; fields that are not known here are left alone. */
export type ServerConfig = StdioServer | SseServer | StreamableServer

/** How a server is reached, by its config alone. */
export function kindOf(config: ServerConfig): 'stdio' | 'sse' | 'http' {
  if ('command' in config) return 'stdio'
  return config.type === 'sse' ? 'sse' : 'http'
}

/** @throws KeelsonError `INVALID_OPTION` for what no server can be reached by. */
export function checkServerConfig(name: ServerName, config: unknown): asserts config is ServerConfig {
  if (!isObject(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a command or a url')
  const { type, command, url } = config
  if (command !== undefined && url !== undefined) {
    throw invalidServer(name, 'its config', 'has a command and a url', 'give it one of them')
  }
  if (command === undefined && url === undefined) {
    throw invalidServer(name, 'its config', 'has neither a command nor a url', 'give it one of them')
  }
  const types = command === undefined ? ['sse', 'http', 'streamable-http'] : ['stdio']
  if (type !== undefined && !types.includes(type as string)) {
    throw invalidServer(
      name,
      'type',
      'does not fit',
      `with ${command === undefined ? 'a url' : 'a command'} it is ${types.join(' or ')}`,
    )
  }
  if (command === undefined) checkUrl(name, config)
  else checkStdio(name, config)
}

/** @throws KeelsonError `INVALID_OPTION` for what cannot be run. */
export function checkStdio(name: ServerName, config: unknown): asserts config is StdioServer {
  if (!isObject(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a command')
  const { command, args, cwd, env, inheritEnv, onStderr } = config
  if (typeof command !== 'string' || command === '') throw invalidServer(name, 'command', 'must be a string', 'name a program')
  if (
    args !== undefined &&
    !(Array.isArray(args) && args.every((argument) => typeof argument === 'string' && !argument.includes('\0')))
  ) {
    throw invalidServer(name, 'args', 'must be an array of strings', 'quote numbers')
  }
  if (cwd !== undefined && typeof cwd !== 'string') throw invalidServer(name, 'cwd', 'must be a string', 'name a folder')
  if (env !== undefined && !isStrings(env)) throw invalidServer(name, 'env', 'must map names to strings', 'quote numbers')
  if (inheritEnv !== undefined && typeof inheritEnv !== 'boolean')
    throw invalidServer(name, 'inheritEnv', 'must be true or false', 'write it without quotes')
  if (onStderr !== undefined && typeof onStderr !== 'function')
    throw invalidServer(name, 'onStderr', 'must be a function', 'leave it out to keep the last of it for messages')
}

/** @throws KeelsonError `INVALID_OPTION` unless there is an http or https URL. */
export function checkUrl(name: ServerName, config: unknown): void {
  if (!isObject(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a url')
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStrings(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((entry) => typeof entry === 'string' && !entry.includes('\0'))
}

function isHeader(header: [string, string]): boolean {
  try {
    return new Headers([header]) !== undefined
  } catch {
    return false
  }
}

import { invalidServer, type ServerName } from '../errors.js'
import { isRecord } from './record.js'
import { checkUrl, type SseServer, type StreamableServer } from './remote-server.js'
import { checkStdio, type StdioServer } from './stdio-server.js'

/** One entry of a `servers.json` or `mcpServers`; unknown fields are ignored. */
export type ServerConfig = StdioServer | SseServer | StreamableServer

/** The transport that a config asks for. */
export function kindOf(config: ServerConfig): 'stdio' | 'sse' | 'http' {
  if ('command' in config) return 'stdio'
  return config.type === 'sse' ? 'sse' : 'http'
}

/** @throws KeelsonError `INVALID_OPTION` for a config without exactly one of command and url, and for bad fields. */
export function checkServerConfig(name: ServerName, config: unknown): asserts config is ServerConfig {
  if (!isRecord(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a command or a url')
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

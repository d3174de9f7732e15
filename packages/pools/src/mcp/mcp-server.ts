import type { Dependencies, Resource } from '@keelson/kernel'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { connectionResource } from '../pool/connection-resource.js'
import type { Lifecycle } from '../pool/lifecycle.js'
import { checkMs, checkOptions } from '../pool/option-checks.js'
import { checkServerConfig, type ServerConfig } from '../server/server-config.js'
import { type McpClientOptions, type McpLimits, mcpLimits, mcpOpener } from './mcp-connection.js'

// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export interface McpServerOptions<D extends Dependencies<D> = {}> extends Lifecycle<D>, McpLimits {
  /** How the server is reached: `command`, or `url`. */
  server: ServerConfig
  /** What the server is told about its client. */
  client?: McpClientOptions
  /** For a child, milliseconds between SIGTERM and SIGKILL; default 5_000. */
  grace?: number
}

/**
 * The client of one MCP server as a resource, for any number of concurrent callers: started when the server has answered
 * `initialize`, checked by MCP's ping, crashed when the session or the child ends, and then restarted by its `restart` policy. Suits
 * `kernel.add()` and `ref()`.
 *
 * Needs the peer `@modelcontextprotocol/sdk`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const files = mcpServer('files', { server: { command: 'files-mcp' }, restart: { attempts: 5, within: 60_000 } })
 */
// biome-ignore lint/complexity/noBannedTypes: as above.
export function mcpServer<const D extends Dependencies<D> = {}>(name: string, options: McpServerOptions<D>): Resource<Client> {
  checkOptions(name, options, { client: 'object' })
  const { server, client = {}, grace = 5_000 } = options
  checkServerConfig({ pool: name, server: name }, server)
  checkMs(name, 'grace', grace)
  const limits = mcpLimits(name, options)
  return connectionResource<Client, D>(name, options, {
    own: ['server', 'client', 'grace', 'maxMessageSize'],
    grace,
    open: async (_deps, { signal }, reaper) => {
      const open = await mcpOpener({ owner: name, reaper, client, grace, ...limits })
      return open(name, server, signal)
    },
  })
}

import type { Dependencies, Resource } from '@keelson/kernel'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { checkOptions } from '../pool/option-checks.js'
import type { Pool } from '../pool/pool.js'
import { type PoolOptions, poolLimits } from '../pool/pool-options.js'
import { poolResource } from '../pool/pool-resource.js'
import { checkUrl, type SseServer } from '../server/remote-server.js'
import { type McpClientOptions, type McpLimits, mcpLimits, mcpOpener } from './mcp-connection.js'

/** An SSE server; `type` may be left out. */
export type SsePoolServer = Omit<SseServer, 'type'> & { type?: 'sse' }

export interface SsePoolOptions<D extends Dependencies<D>> extends PoolOptions<SsePoolServer, D>, McpLimits {
  /** What the servers are told about their client. */
  client?: McpClientOptions
}

/**
 * MCP clients by server over Server-Sent Events: each has a stream of its own, and is replaced when that breaks. Like `unifiedPool`,
 * for SSE only.
 *
 * Needs the peer `@modelcontextprotocol/sdk`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function ssePool<const D extends Dependencies<D> = {}>(
  name: string,
  options: SsePoolOptions<D>,
): Resource<Pool<Client, SsePoolServer>> {
  checkOptions(name, options, { client: 'object' })
  const { client = {} } = options
  const limits = mcpLimits(name, options)
  return poolResource<Client, SsePoolServer, D>(name, options, {
    own: ['client', 'maxMessageSize'],
    checkServer: (pool, server, config) => checkUrl({ pool, server }, config),
    opener: async (owner, reaper) => {
      const open = await mcpOpener({ owner, reaper, client, grace: poolLimits(name, options).grace, ...limits })
      return (server, config, signal) => open(server, { ...config, type: 'sse' }, signal)
    },
  })
}

import type { Dependencies, Resource } from '@keelson/kernel'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { checkOptions } from '../pool/option-checks.js'
import type { Pool } from '../pool/pool.js'
import { type PoolOptions, poolLimits } from '../pool/pool-options.js'
import { poolResource } from '../pool/pool-resource.js'
import { checkServerConfig, type ServerConfig } from '../server/server-config.js'
import { type McpClientOptions, type McpLimits, mcpLimits, mcpOpener } from './mcp-connection.js'

export interface UnifiedPoolOptions<D extends Dependencies<D>> extends PoolOptions<ServerConfig, D>, McpLimits {
  /** What the servers are told about their client. */
  client?: McpClientOptions
}

/**
 * MCP clients by server, over the transport that each server's config asks for: `command` is a child process, `url` is streamable
 * HTTP, `url` with type `'sse'` the older SSE. A client is lent once its server has answered `initialize`. With `share` several
 * callers use one client at the same time, as MCP allows.
 *
 * Needs the peer `@modelcontextprotocol/sdk`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const servers = unifiedPool('servers', { servers: JSON.parse(text).mcpServers, max: 1, share: 16, keep: 1 })
 * kernel.get(servers).use('files', (client) => client.callTool({ name: 'list' }))
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function unifiedPool<const D extends Dependencies<D> = {}>(
  name: string,
  options: UnifiedPoolOptions<D>,
): Resource<Pool<Client, ServerConfig>> {
  checkOptions(name, options, { client: 'object' })
  const { client = {} } = options
  const limits = mcpLimits(name, options)
  return poolResource<Client, ServerConfig, D>(name, options, {
    own: ['client', 'maxMessageSize'],
    checkServer: (pool, server, config) => checkServerConfig({ pool, server }, config),
    opener: (owner, reaper) => mcpOpener({ owner, reaper, client, grace: poolLimits(name, options).grace, ...limits }),
  })
}

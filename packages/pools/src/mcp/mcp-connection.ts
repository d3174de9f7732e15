import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { ClientCapabilities, Implementation } from '@modelcontextprotocol/sdk/types.js'
import type { LiveReaper } from '../child/reaper.js'
import { spawnServer } from '../child/spawn-server.js'
import { withChild } from '../child/with-child.js'
import type { Connection, Open } from '../pool/connection.js'
import { check } from '../pool/option-checks.js'
import { processConnection } from '../process/process-connection.js'
import { serverSecrets } from '../server/secrets.js'
import { kindOf, type ServerConfig } from '../server/server-config.js'
import type { StdioServer } from '../server/stdio-server.js'
import { ChildTransport } from './child-transport.js'
import { deliverInOrder } from './in-order.js'
import { loadMcpSdk, type McpSdk, NO_TIMEOUT } from './mcp-sdk.js'
import { MESSAGE_SIZE } from './message-size.js'
import { openRemote } from './remote-connection.js'

/** What an MCP server is told about its client. */
export interface McpClientOptions {
  /** Default: the name of the resource, version 1.0.0. */
  clientInfo?: Implementation
  /** Default none. */
  capabilities?: ClientCapabilities
}

/** What a server may send to its client. */
export interface McpLimits {
  /**
   * Bytes that one message of a server may have: a line of a child, a body or an event over HTTP; default 10 MiB (10_485_760),
   * `Infinity` is no limit. A server that sends more has crashed: its memory is that of this process.
   */
  maxMessageSize?: number
}

/**
 * The limits with their defaults.
 *
 * @throws KeelsonError `INVALID_OPTION` for a bad one.
 */
export function mcpLimits(name: string, { maxMessageSize = MESSAGE_SIZE }: McpLimits): Required<McpLimits> {
  const ok = maxMessageSize === Infinity || (Number.isInteger(maxMessageSize) && maxMessageSize >= 1)
  check(name, 'maxMessageSize', ok, 'a whole number of bytes, 1 or more, or Infinity')
  return { maxMessageSize }
}

/** What all MCP connections of one resource share. */
export interface McpSetting {
  readonly owner: string
  readonly reaper: LiveReaper
  readonly client: McpClientOptions
  /** Milliseconds that a child may take to end after `client.close()`. */
  readonly grace: number
  readonly maxMessageSize: number
}

/** Opens MCP sessions over whichever transport a server's config asks for; loads the SDK. */
export async function mcpOpener(setting: McpSetting): Promise<Open<Client, ServerConfig>> {
  const sdk = await loadMcpSdk()
  return async (server, config, signal) => {
    const client = makeClient(sdk, setting)
    const secrets = serverSecrets(config)
    try {
      if (kindOf(config) === 'stdio') return await openChild(setting, client, server, config as StdioServer, signal)
      const remote = config as Exclude<ServerConfig, StdioServer>
      const { owner, maxMessageSize } = setting
      const name = { pool: owner, server }
      return await openRemote(sdk, client, { name, config: remote, secrets, maxMessageSize }, signal)
    } catch (error) {
      throw signal.aborted ? signal.reason : secrets.hide(error as Error)
    }
  }
}

async function openChild(
  { owner, reaper, grace, maxMessageSize }: McpSetting,
  client: Client,
  server: string,
  config: StdioServer,
  signal: AbortSignal,
): Promise<Connection<Client>> {
  const child = await spawnServer(owner, server, config, signal)
  reaper.adopt(child)
  const transport = new ChildTransport(child, grace, maxMessageSize)
  await withChild(child, signal, () => client.connect(transport, { signal, timeout: NO_TIMEOUT }))
  deliverInOrder(transport)
  return processConnection(
    child,
    client,
    (signal) => client.ping({ signal }),
    () => transport.broken,
  )
}

function makeClient({ Client }: McpSdk, { owner, client }: McpSetting): Client {
  const { clientInfo = { name: owner, version: '1.0.0' }, capabilities = {} } = client
  return new Client(clientInfo, { capabilities })
}

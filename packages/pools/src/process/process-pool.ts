import type { Dependencies, Resource } from '@keelson/kernel'
import type { ServerProcess } from '../child/server-process.js'
import { spawnServer } from '../child/spawn-server.js'
import { withChild } from '../child/with-child.js'
import { checkOptions } from '../pool/option-checks.js'
import type { Pool } from '../pool/pool.js'
import type { PoolOptions } from '../pool/pool-options.js'
import { poolResource } from '../pool/pool-resource.js'
import { checkStdio, type StdioServer } from '../server/stdio-server.js'
import { processConnection } from './process-connection.js'

/** What a hook of `processPool` is given. */
export interface ServerContext {
  /** The name of the server. */
  readonly server: string
  /** Aborts at `startTimeout` (`open`) or `pingTimeout` (`ping`), and when the pool stops. */
  readonly signal: AbortSignal
}

export interface ProcessPoolOptions<T, D extends Dependencies<D>> extends PoolOptions<StdioServer, D> {
  /** Makes the value that the pool lends from a child that has just started, such as a client after its handshake; default the child itself. */
  open?(child: ServerProcess, ctx: ServerContext): T | PromiseLike<T>
  /** Called for each idle child at each check of the resource; a rejection, or `pingTimeout`, ends the child. Default no ping. */
  ping?(value: T, ctx: ServerContext): unknown
}

/**
 * Child processes by server: started when they are needed, lent to one caller at a time (or to `share`), replaced when they crash or
 * fail a ping, ended when they are idle for too long, and all ended when the pool has stopped.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const servers = processPool('servers', {
 *   servers: { files: { command: 'node', args: ['files.mjs'] } },
 *   open: (child) => new LineClient(child.stdin, child.stdout),
 *   max: 4,
 * })
 * kernel.get(servers).use('files', (client) => client.ask('list'))
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function processPool<T = ServerProcess, const D extends Dependencies<D> = {}>(
  name: string,
  options: ProcessPoolOptions<T, D>,
): Resource<Pool<T, StdioServer>> {
  checkOptions(name, options, { open: 'function', ping: 'function' })
  const { open = (child: ServerProcess) => child as T, ping } = options
  return poolResource<T, StdioServer, D>(name, options, {
    own: ['open', 'ping'],
    checkServer: (pool, server, config) => checkStdio({ pool, server }, config),
    opener: (pool, reaper) => async (server, config, signal) => {
      const child = await spawnServer(pool, server, config, signal)
      reaper.adopt(child)
      const value = await withChild(child, signal, () => open(child, { server, signal }))
      return processConnection(child, value, ping && (async (signal) => ping(value, { server, signal })))
    },
  })
}

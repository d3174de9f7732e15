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

/** Which server a hook of a pool is about. */
export interface ServerContext {
  readonly server: string
  /** Aborts when there is no time left. */
  readonly signal: AbortSignal
}

export interface ProcessPoolOptions<T, D extends Dependencies> extends PoolOptions<StdioServer, D> {
  /** Makes what the pool lends of a child that has just started, say a client that has shaken hands; without it, the child itself. */
  open?(child: ServerProcess, ctx: ServerContext): T | PromiseLike<T>
  /** Rejects when an idle child does not answer, which ends it; asked at each check of the resource. */
  ping?(value: T, ctx: ServerContext): unknown
}

/**
 * Child processes by server: started when they are needed, lent to one caller at a time, given up when they crash, are idle for too
 * long or answer no ping, and all gone when the pool has stopped.
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
export function processPool<T = ServerProcess, const D extends Dependencies = {}>(
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

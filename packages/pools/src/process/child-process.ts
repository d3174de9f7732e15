import type { Dependencies, Resource, StartContext, Values } from '@keelson/kernel'
import type { ServerProcess } from '../child/server-process.js'
import { spawnServer } from '../child/spawn-server.js'
import { withChild } from '../child/with-child.js'
import { connectionResource } from '../pool/connection-resource.js'
import type { Lifecycle } from '../pool/lifecycle.js'
import { checkMs, checkOptions } from '../pool/option-checks.js'
import { checkStdio, type StdioServer } from '../server/stdio-server.js'
import { processConnection } from './process-connection.js'

export interface ChildProcessOptions<D extends Dependencies<D>> extends Lifecycle<D>, Omit<StdioServer, 'type'> {
  /** Resolves when the child can be used; default as soon as it has been spawned. `ctx.signal` aborts at the start timeout. */
  ready?(child: ServerProcess, ctx: StartContext, deps: Values<D>): unknown
  /** Milliseconds between SIGTERM and SIGKILL; default 5_000. */
  grace?: number
}

/**
 * One child process as a resource. When the child ends by itself the resource has crashed and is restarted by its `restart` policy;
 * stopping it ends everything in the child's process group.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const worker = childProcess('worker', { command: 'node', args: ['worker.mjs'], restart: { attempts: 5, within: 60_000 } })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function childProcess<const D extends Dependencies<D> = {}>(
  name: string,
  options: ChildProcessOptions<D>,
): Resource<ServerProcess> {
  checkOptions(name, options, { ready: 'function' })
  const { ready = () => {}, grace = 5_000, command, args, cwd, env, inheritEnv, onStderr } = options
  const config = { command, args, cwd, env, inheritEnv, onStderr } as StdioServer
  checkStdio({ pool: name, server: name }, config)
  checkMs(name, 'grace', grace)
  return connectionResource<ServerProcess, D>(name, options, {
    own: ['ready', 'grace', 'command', 'args', 'cwd', 'env', 'inheritEnv', 'onStderr'],
    grace,
    open: async (deps, ctx, reaper) => {
      const child = await spawnServer(name, name, config, ctx.signal)
      reaper.adopt(child)
      await withChild(child, ctx.signal, () => ready(child, ctx, deps))
      return processConnection(child, child)
    },
  })
}

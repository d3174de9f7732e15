import {
  type Dependencies,
  type Resource,
  type ResourceOptions,
  type StartContext,
  systemClock,
  type Values,
} from '@keelson/kernel'
import { LiveReaper } from '../child/reaper.js'
import type { Connection } from './connection.js'
import { resourceWith } from './lifecycle.js'

/** How a resource of a single connection opens it, and which of its options are not the kernel's. */
export interface ConnectionKind<T, D extends Dependencies<D>> {
  readonly own: readonly string[]
  readonly grace: number
  open(deps: Values<D>, ctx: StartContext, reaper: LiveReaper): Promise<Connection<T>>
}

/** One connection as a resource: a lost connection is a crash, after which the kernel restarts it by its policy. */
export function connectionResource<T extends object, D extends Dependencies<D>>(
  name: string,
  options: object,
  kind: ConnectionKind<T, D>,
): Resource<T> {
  const open = new WeakMap<T, Connection<T>>()
  /** Those that were told to end: that they do is no crash. */
  const ending = new WeakSet<T>()
  const hooks: ResourceOptions<T, D> = {
    async start(deps, ctx) {
      const reaper = new LiveReaper()
      reaper.start()
      ctx.defer(() => reaper.stop())
      const connection = await kind.open(deps, ctx, reaper)
      open.set(connection.value, connection)
      const { value } = connection
      connection.onLost((error) => {
        if (!ending.has(value)) ctx.crashed(error)
      })
      return value
    },
    check: (value, { signal }) => open.get(value)?.ping?.(signal),
    stop: (value, { deadline, signal }) => {
      const connection = open.get(value)
      ending.add(value)
      signal.addEventListener('abort', () => connection?.kill(), { once: true })
      return connection?.close(Math.max(0, Math.min(kind.grace, (deadline - systemClock.now()) * 0.8)))
    },
    kill: (value) => {
      ending.add(value)
      open.get(value)?.kill()
    },
  }
  return resourceWith(name, options, kind.own, hooks)
}

import { type Resource, type ResourceLike, resource, resourceOf } from '@keelson/kernel'
import type { ConnectionLike } from './channel-life.js'

/** Under which name it is among the dependencies of what publishes. */
export const FLOW = 'amqp flow'

const flows = new WeakMap<object, Resource<unknown>>()

/**
 * Whether the broker takes what is published on a connection, as a resource of its own, `rabbit-flow` for a connection `rabbit`: a broker
 * that runs out of memory or disk reads no more from connections that publish. What is published meanwhile waits; that degrades a
 * service, and does not make it unready.
 */
export function flowOf(given: ResourceLike<ConnectionLike>): Resource<unknown> {
  const connection = resourceOf(given)
  const known = flows.get(connection)
  if (known !== undefined) return known
  const flow = resource(`${connection.name}-flow`, {
    dependsOn: { connection },
    impact: 'degraded',
    start({ connection }, ctx) {
      const blocked = (reason: unknown) => ctx.unhealthy(new Error(`the broker takes nothing that is published: ${reason}`))
      const unblocked = () => ctx.healthy()
      // One that stands for it in a test may have no events.
      if (typeof connection.on !== 'function') return
      connection.on('blocked', blocked)
      connection.on('unblocked', unblocked)
      ctx.defer(() => connection.off('blocked', blocked).off('unblocked', unblocked))
    },
  })
  flows.set(connection, flow)
  return flow
}

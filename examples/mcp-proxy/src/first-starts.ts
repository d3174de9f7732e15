import type { Kernel } from '@keelson/kernel'
import type { Fleet } from './fleet.js'

const DELAY = 1_000

/**
 * Tries servers again that could not be started in the first place: a restart policy is for what has run once. Where that fails
 * too, the policy goes on with it.
 */
export function retryFirstStarts(kernel: Kernel, fleet: Fleet): void {
  const retryLater = (name: string) => {
    setTimeout(() => {
      const server = fleet.get(name)?.server
      if (server === undefined) return
      if (kernel.state === 'starting') retryLater(name)
      else if (kernel.state === 'running') kernel.restart(server).catch(() => {}) // told by its events
    }, DELAY).unref()
  }
  kernel.on('resource:state', ({ resource, from, to }) => {
    if (from === 'starting' && to === 'failed' && fleet.get(resource) !== undefined) retryLater(resource)
  })
}

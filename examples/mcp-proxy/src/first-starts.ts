import type { Kernel, Resource } from '@keelson/kernel'
import type { Fleet } from './fleet.js'

const DELAY = 1_000

/**
 * Tries once more what could not be started in the first place: a restart policy is for what has run once. Where that fails too, the
 * policy goes on with it.
 */
export function retryFirstStarts(kernel: Kernel, fleet: Fleet): void {
  const starting = new Set<string>()
  const retryLater = (failed: Resource<unknown>) => {
    setTimeout(() => {
      if (kernel.state === 'starting') retryLater(failed)
      // Told by its events; the file may have taken it away meanwhile.
      else if (kernel.state === 'running') kernel.restart(failed).catch(() => {})
    }, DELAY).unref()
  }
  kernel.on('resource:state', ({ resource, from, to }) => {
    if (from === 'idle' && to === 'starting') starting.add(resource)
    if (from !== 'starting') return
    const isFirst = starting.delete(resource)
    const failed = isFirst && to === 'failed' ? fleet.find(resource) : undefined
    if (failed !== undefined) retryLater(failed)
  })
}

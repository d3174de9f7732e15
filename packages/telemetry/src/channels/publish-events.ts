import { channel } from 'node:diagnostics_channel'
import type { Kernel, KernelEvent } from '@keelson/kernel'

/**
 * Publishes the events of a kernel on diagnostics channels, from now until the function that it returns is called: each on `keelson:` with its
 * type, such as `keelson:kernel:state` and `keelson:check:result`, as `{ kernel, event }`. Subscribers may come and go at any time.
 *
 * @example
 * publishEvents(kernel)
 * subscribe('keelson:resource:error', ({ kernel, event }) => report(kernel, event.error)) // of node:diagnostics_channel
 */
export function publishEvents(kernel: Kernel): () => void {
  const publish = (event: KernelEvent) => {
    const to = channel(`keelson:${event.type}`)
    if (to.hasSubscribers) to.publish({ kernel: kernel.name, event })
  }
  kernel.on('event', publish)
  return () => void kernel.off('event', publish)
}

import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import type { Kernel, KernelEvent } from '@keelson/kernel'
import { assertKernel } from '../measure/checked.js'
import { traceHook, watched } from './trace-hook.js'

/**
 * Publishes what a kernel does on diagnostics channels, from now until the function that it returns is called. Each event, on `keelson:` with
 * its type, such as `keelson:kernel:state` and `keelson:check:result`, as `{ kernel, event }`. Each call of a hook, on the tracing channel
 * `keelson:hook`, as `{ kernel, resource, phase, error? }`: `start`, `end` when it has returned, `asyncStart` and `asyncEnd` when its promise has
 * settled, `error`; stores that are bound to `start` are those of the hook. Subscribers may come and go at any time.
 *
 * @throws KeelsonError with code `INVALID_OPTION`, for what is no kernel.
 *
 * @example
 * diagnosticsChannels(kernel)
 * subscribe('keelson:resource:error', ({ kernel, event }) => report(kernel, event.error)) // of node:diagnostics_channel
 */
export function diagnosticsChannels(kernel: Kernel): () => void {
  assertKernel('diagnosticsChannels()', kernel)
  const channels = new Map<string, Channel>()
  const publish = (event: KernelEvent) => {
    let to = channels.get(event.type)
    if (to === undefined) {
      to = channel(`keelson:${event.type}`)
      channels.set(event.type, to)
    }
    if (to.hasSubscribers) to.publish({ kernel: kernel.name, event })
  }
  const hooks = tracingChannel('keelson:hook')
  kernel.on('event', publish)
  const unwrap = kernel.wrapHooks((call, hook) =>
    watched(hooks) ? traceHook(hooks, { kernel: kernel.name, ...call }, hook) : hook(),
  )
  return () => {
    kernel.off('event', publish)
    unwrap()
  }
}

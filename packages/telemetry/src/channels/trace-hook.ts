import type { TracingChannel } from 'node:diagnostics_channel'
import type { HookCall } from '@keelson/kernel'

interface HookMessage extends HookCall {
  readonly kernel: string
  error?: unknown
}

/** Whether anybody listens. */
export function watched({ start, end, asyncStart, asyncEnd, error }: TracingChannel): boolean {
  return (
    start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers
  )
}

/**
 * As `tracePromise()` of the channel does, but for that what the hook returns is returned as it is: that of Node makes a promise of everything,
 * and a hook that returns none would then end later than it does.
 */
export function traceHook<R>(channels: TracingChannel, message: HookMessage, hook: () => R): R {
  const { start, end, asyncStart, asyncEnd, error: failure } = channels
  const fail = (error: unknown) => {
    message.error = error
    failure.publish(message)
  }
  const settle = () => {
    asyncStart.publish(message)
    asyncEnd.publish(message)
  }
  return start.runStores(message, () => {
    try {
      const result = hook()
      if (result instanceof Promise) result.catch(fail).then(settle)
      return result
    } catch (error) {
      fail(error)
      throw error
    } finally {
      end.publish(message)
    }
  })
}

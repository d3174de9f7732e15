import type { ServerCall } from './call.js'
import type { Calls } from './calls.js'

const owners = new WeakMap<object, Calls>()
const signals = new WeakMap<object, AbortSignal>()

export function callBelongsTo(call: ServerCall, calls: Calls): void {
  owners.set(call, calls)
}

/**
 * The signal that aborts when the server of a call begins to drain: end your stream then. It is aborted from the start for a call that
 * begins later, and never aborts on a server that no `grpcServer()` has made.
 *
 * @example
 * drainSignal(call).addEventListener('abort', () => call.end())
 */
export function drainSignal(call: ServerCall): AbortSignal {
  const known = signals.get(call)
  if (known !== undefined) return known
  const made = owners.get(call)?.signal()
  const signal = made?.signal ?? new AbortController().signal
  signals.set(call, signal)
  if (made !== undefined) {
    call.once('cancelled', made.forget)
    call.once('finish', made.forget)
  }
  return signal
}

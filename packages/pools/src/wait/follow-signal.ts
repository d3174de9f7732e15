import { onAbort } from './on-abort.js'

/**
 * A controller whose signal aborts with `leader`, until `unsubscribe()`. For work that does not remove its listeners: they are
 * added to the short-lived signal instead of the long-lived one.
 */
export function followSignal(leader: AbortSignal): { controller: AbortController; unsubscribe: () => void } {
  const controller = new AbortController()
  const follow = () => controller.abort(leader.reason)
  if (!leader.aborted) return { controller, unsubscribe: onAbort(leader, follow) }
  follow()
  return { controller, unsubscribe: () => {} }
}

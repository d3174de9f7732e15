import { onAbort } from './on-abort.js'

/**
 * A signal that aborts with another one until it is let go: for work that leaves its listeners behind when it is over, which would
 * be kept, and called, for as long as the other signal lives.
 */
export function followSignal(leader: AbortSignal): { controller: AbortController; letGo: () => void } {
  const controller = new AbortController()
  const follow = () => controller.abort(leader.reason)
  if (!leader.aborted) return { controller, letGo: onAbort(leader, follow) }
  follow()
  return { controller, letGo: () => {} }
}

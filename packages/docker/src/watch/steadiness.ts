import { isTrouble } from '../container/container-status.js'
import type { Finding } from '../container/look.js'
import type { WatchedContainer } from '../container/watched-container.js'

/**
 * Milliseconds that a container which the engine has restarted by its own policy must run before it counts as healthy: moby's
 * restartmanager resets its backoff after the same time.
 */
const STEADY_AFTER = 10_000

/** Milliseconds that a container must go on running before it counts as healthy again after the engine has restarted it; 0 for none. */
export function unsteadyFor(container: WatchedContainer, finding: Finding, now: number): number {
  const ran = container.runsFor(finding, now)
  const ended = container.status === 'failed' || container.status === 'restarting'
  const again = ended && !isTrouble(finding.status) && (finding.facts?.engineRestarts ?? 0) > 0
  return again ? Math.max(0, STEADY_AFTER - ran) : 0
}

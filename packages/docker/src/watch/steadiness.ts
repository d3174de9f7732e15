import { isTrouble } from '../container/container-status.js'
import type { Finding } from '../container/look.js'
import type { WatchedContainer } from '../container/watched-container.js'

/**
 * One that the engine restarts by the container's own policy has to run this long until it is believed: after that the engine,
 * too, takes its next end for a new one (moby's restartmanager).
 */
const STEADY = 10_000

/** How much longer one that ended, and that its own policy has brought back, has to run until it is believed, in ms. */
export function unsteadyFor(container: WatchedContainer, finding: Finding, now: number): number {
  const ran = container.runsFor(finding, now)
  const ended = container.status === 'failed' || container.status === 'restarting'
  const again = ended && !isTrouble(finding.status) && (finding.facts?.engineRestarts ?? 0) > 0
  return again ? Math.max(0, STEADY - ran) : 0
}

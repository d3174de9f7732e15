import { duration } from '../../output/durations.js'
import type { Rule, Subject } from './rule.js'

/** Of a drain, what the kernel keeps for it whatever stands above it, in ms. */
const RESERVE = 2_000

/** Work that was accepted is cut when its drain has no time. */
export const drainBudget: Rule = {
  id: 'drain-budget',
  severity: 'error',
  summary: 'a drain that the budget leaves (nearly) nothing, or less than it asks for',
  *find({ plan: { resources } }: Subject) {
    for (const {
      name,
      shutdown: { drain },
    } of resources) {
      if (drain === undefined) continue
      const { askedMs, grantedMs, heldBy } = drain
      const kept = heldBy.length === 0 ? '' : `; the rest is kept for ${heldBy.join(', ')}`
      if (grantedMs < Math.min(askedMs, RESERVE)) {
        yield {
          resource: name,
          message: `its drain gets ${duration(grantedMs)}: not even the reserves fit into the budget${kept}`,
          cure: 'raise shutdown.timeout (and the grace), lower shutdown.delay, or lower the timeouts of those below it',
        }
      } else if (askedMs !== Infinity && grantedMs < askedMs) {
        yield {
          severity: 'warning',
          resource: name,
          message: `its drain asks for ${duration(askedMs)} and gets ${duration(grantedMs)}${kept}`,
          cure: `raise shutdown.timeout by ${duration(askedMs - grantedMs)}, or lower timeouts.drain of "${name}" to what it gets`,
        }
      }
    }
  },
}

import type { PlannedRestart } from '@keelson/kernel'
import { duration } from '../../output/durations.js'
import type { Rule, Subject } from './rule.js'

/** Defaults of a restart policy, as the kernel has them. */
const RESTART = { delay: 100, factor: 2, maxDelay: 30_000 }

/** What is tried again at its first start is a client of something that may be away, for all replicas at once. */
export const fleetRestart: Rule = {
  id: 'fleet-restart',
  severity: 'warning',
  summary: 'a restart policy that is used up by an outage which all replicas see ends all of them',
  *find({ resources }: Subject) {
    for (const { name, impact, shared, retries, restart } of resources.values()) {
      if (restart === undefined || restart.attempts === Infinity || shared || !retries || impact !== 'unready') continue
      yield {
        resource: name,
        message: `its ${restart.attempts} restarts are used up about ${duration(usedUpAfter(restart))} into an outage; then liveness turns false and the process ends, in every replica that uses the same server`,
        cure: "say shared: true when all replicas use the same one (with impact: 'unready' it is still waited for), or attempts: Infinity",
      }
    }
  },
}

/** The delays before the restarts, one after the other, in ms; each try is taken to fail at once. */
function usedUpAfter({
  attempts,
  delay = RESTART.delay,
  factor = RESTART.factor,
  maxDelay = RESTART.maxDelay,
}: PlannedRestart): number {
  let whole = 0
  for (let i = 0; i < Math.min(attempts, 1_000); i++) whole += Math.min(maxDelay, delay * factor ** i)
  return whole
}

import { atMost, duration } from '../../output/durations.js'
import type { Rule, Subject } from './rule.js'

/** What serves on for too long has no time left to finish. */
export const lameDuck: Rule = {
  id: 'lame-duck',
  severity: 'error',
  summary: 'the delay in which work goes on after readiness turned false takes (nearly) all of the shutdown',
  *find({ plan: { shutdown, worstCaseShutdownMs }, graceMs }: Subject) {
    const { delayMs, timeoutMs } = shutdown
    const whole = Math.min(timeoutMs, graceMs)
    if (delayMs === 0 || delayMs < whole / 2) return
    const left = Math.max(0, whole - delayMs)
    const which = graceMs < timeoutMs ? `grace of ${duration(graceMs)}` : `budget of ${duration(timeoutMs)}`
    yield {
      severity: delayMs >= whole ? 'error' : 'warning',
      message: `shutdown.delay is ${duration(delayMs)} of a ${which}: ${left === 0 ? 'nothing is' : `${duration(left)} are`} left to drain and stop everything, which may take ${atMost(Math.max(0, worstCaseShutdownMs - delayMs))}`,
      cure: 'lower shutdown.delay to what your load balancer needs to see it (5 s in Kubernetes), or raise shutdown.timeout and the grace',
    }
  },
}

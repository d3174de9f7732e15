import { atMost, duration } from '../../output/durations.js'
import type { ProbeWindow, Rule, Subject } from './rule.js'

/** A platform that gives up on a start that may still succeed restarts it for ever. */
export const startupProbe: Rule = {
  id: 'startup-probe',
  severity: 'error',
  summary: 'the platform may give up on a start before its own timeouts do (--startup-probe, --liveness-probe)',
  *find({ plan: { startMs, criticalPath }, startupProbe, livenessProbe, run }: Subject) {
    // A liveness probe that has a server of its own is answered from the first moment on.
    const liveness = run.probes ? undefined : livenessProbe
    const [option, probe] = startupProbe === undefined ? ['livenessProbe', liveness] : ['startupProbe', startupProbe]
    if (probe === undefined) return
    const window = windowOf(probe)
    if (startMs <= window) return
    const path = criticalPath.join(' → ')
    const threshold = Math.ceil(startMs / probe.periodMs)
    const raise = Number.isFinite(threshold) ? `set failureThreshold of the ${option} to ${threshold}, or ` : ''
    yield {
      message: `a start may take ${atMost(startMs)} (${path}), but the ${option} gives up after ${duration(window)}`,
      cure: `${raise}lower timeouts.start of these`,
    }
  },
}

function windowOf({ periodMs, failureThreshold }: ProbeWindow): number {
  return periodMs * failureThreshold
}

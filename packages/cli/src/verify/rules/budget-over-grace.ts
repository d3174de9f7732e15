import { atMost, duration } from '../../output/durations.js'
import type { Rule, Subject } from './rule.js'

/** What a process may need to end by itself when its kernel has stopped: `exitGrace` of `run()`, in ms. */
const EXIT_GRACE = 1_000

/** The platform kills what is not over by then. */
export const budgetOverGrace: Rule = {
  id: 'budget-over-grace',
  severity: 'error',
  summary: 'a shutdown may take longer than the platform waits before it kills (--grace)',
  *find({ plan: { worstCaseShutdownMs, shutdown }, graceMs, run }: Subject) {
    const exitMs = Math.max(EXIT_GRACE, typeof run.exitGrace === 'number' ? run.exitGrace : EXIT_GRACE)
    if (worstCaseShutdownMs + exitMs <= graceMs) return
    const fits = Math.max(0, graceMs - exitMs)
    const longer = Math.ceil((worstCaseShutdownMs + exitMs) / 1_000) * 1_000
    const raise = Number.isFinite(longer) ? `, or raise the platform's grace to ${duration(longer)}` : ''
    yield {
      message: `a shutdown may take ${atMost(worstCaseShutdownMs)}, and the process ${duration(exitMs)} to end after it, but the platform kills it after ${duration(graceMs)}`,
      cure: `lower shutdown.timeout of createKernel() (now ${duration(shutdown.timeoutMs)}) to ${duration(fits)}${raise}`,
    }
  },
}

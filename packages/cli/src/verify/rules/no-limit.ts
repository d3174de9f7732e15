import type { Rule, Subject } from './rule.js'

/** Of a drain there is none by default, for the budget is its limit. */
export const noLimit: Rule = {
  id: 'no-limit',
  severity: 'warning',
  summary: 'a timeout of Infinity where nothing else ends what hangs',
  *find({ plan: { resources, shutdown } }: Subject) {
    if (shutdown.timeoutMs === Infinity) {
      yield {
        severity: 'error',
        message: 'shutdown.timeout is Infinity: what hangs in a shutdown is ended only by the platform, with everything else',
        cure: 'give createKernel() a shutdown.timeout that is a second shorter than the grace of the platform',
      }
    }
    for (const {
      name,
      startTimeoutMs,
      shutdown: { ownMs, drain },
    } of resources) {
      if (startTimeoutMs === Infinity) {
        yield {
          resource: name,
          message: 'timeouts.start is Infinity: a start that hangs goes on for ever, and the whole start with it',
          cure: 'give it a limit; retry waits for a server that is late for as long as that allows',
        }
      }
      if (ownMs === Infinity && drain?.askedMs !== Infinity) {
        yield {
          resource: name,
          message: 'timeouts.stop is Infinity: a stop that hangs takes all of the shutdown that is not kept for those below it',
          cure: 'give it a limit, so that kill is called while there is time',
        }
      }
    }
  },
}

import type { ErrorCode, Phase } from './words.js'

/** What the rest of the kernel needs to know of a hook: a new hook is a row here, and the file that calls it. */
export interface PhaseRow {
  /** The key of `timeouts` that bounds it. */
  readonly timeout: 'start' | 'check' | 'drain' | 'stop'
  /** Of the error when it throws. */
  readonly code: ErrorCode
  /** Completes the sentence `resource "db" …` when it throws. */
  readonly failed: string
  /** What to do when it runs out of its own time. */
  readonly remedy: string
}

export const PHASES: Readonly<Record<Phase, PhaseRow>> = {
  start: {
    timeout: 'start',
    code: 'START_FAILED',
    failed: 'failed to start',
    remedy:
      'start has to return: what goes on for as long as it runs is not awaited in it; if it only takes longer, call ctx.extend() or raise timeouts.start',
  },
  check: {
    timeout: 'check',
    code: 'CHECK_FAILED',
    failed: 'failed its check',
    remedy: 'make the check cheaper or raise timeouts.check',
  },
  activate: {
    timeout: 'start',
    code: 'ACTIVATE_FAILED',
    failed: 'failed to activate',
    remedy: 'activate has to return once work is taken: make it faster or raise timeouts.start',
  },
  quiesce: {
    timeout: 'drain',
    code: 'QUIESCE_FAILED',
    failed: 'failed to quiesce',
    remedy: 'only stop taking work in quiesce, and finish what was accepted in drain',
  },
  drain: {
    timeout: 'drain',
    code: 'DRAIN_FAILED',
    failed: 'failed to drain',
    remedy: 'end its work sooner or raise timeouts.drain',
  },
  stop: {
    timeout: 'stop',
    code: 'STOP_FAILED',
    failed: 'failed to stop',
    remedy: 'honour ctx.signal, or raise timeouts.stop',
  },
  kill: {
    timeout: 'stop',
    code: 'KILL_FAILED',
    failed: 'could not be killed',
    remedy: 'release it without waiting',
  },
}

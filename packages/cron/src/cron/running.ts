import type { Clock } from '@keelson/kernel'
import type { Retries } from './retries.js'
import type { CronRun, Tick } from './run-context.js'
import { wallOf } from './ticker.js'

/** What a run needs of its job. */
export interface RunHost {
  readonly clock: Clock
  /** In ms; `Infinity` for no limit. */
  readonly runTimeout: number
  readonly retries: Retries
  /** Aborts when the job is told to end: nothing is tried again then. */
  readonly stopping: AbortSignal
  call(tick: Tick, attempt: number, signal: AbortSignal): unknown
  /** It has failed, at once: a run that ran out of time may go on for as long as it ignores its signal. */
  failed(run: Running, error: unknown): void
}

/** One run with its tries, until it has ended. */
export class Running {
  readonly tick: Tick
  readonly startedAt: number
  readonly #host: RunHost
  readonly #abort = new AbortController()
  #durationMs: number | undefined
  #error: unknown
  #hasFailed = false

  constructor(tick: Tick, host: RunHost) {
    this.tick = tick
    this.#host = host
    this.startedAt = wallOf(host.clock)
  }

  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get error(): unknown {
    return this.#error
  }

  get aborted(): boolean {
    return this.#abort.signal.aborted
  }

  get abortReason(): unknown {
    return this.#abort.signal.reason
  }

  /** Tells it to end now. */
  abort(reason: unknown): void {
    this.#abort.abort(reason)
  }

  /** Resolves when it has ended, well or badly. */
  async perform(): Promise<void> {
    const { clock, runTimeout } = this.#host
    const since = clock.now()
    const outOfTime = () => {
      const error = new Error(`it ran out of time after ${runTimeout} ms; let it honour ctx.signal, or raise runTimeout`)
      this.abort(error)
      this.#fail(error)
    }
    const timer = runTimeout === Infinity ? undefined : clock.setTimeout(outOfTime, runTimeout)
    try {
      await this.#tries()
    } catch (error) {
      this.#fail(error)
    } finally {
      if (timer !== undefined) clock.clearTimeout(timer)
      this.#durationMs = clock.now() - since
    }
  }

  snapshot(): CronRun {
    const outcome = this.#hasFailed ? 'failed' : this.#durationMs === undefined ? 'running' : 'done'
    return {
      scheduledAt: new Date(this.tick.at),
      startedAt: new Date(this.startedAt),
      ...(this.#durationMs !== undefined && { durationMs: this.#durationMs }),
      outcome,
      ...(this.#hasFailed && { error: this.#error }),
    }
  }

  async #tries(): Promise<void> {
    const { retries, clock, stopping } = this.#host
    const { signal } = this.#abort
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#host.call(this.tick, attempt, signal)
        return
      } catch (error) {
        if (attempt >= retries.attempts || stopping.aborted || signal.aborted) throw error
        await pause(clock, retries.delayAfter(attempt, clock), [stopping, signal])
        if (stopping.aborted || signal.aborted) throw error
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#error = error
    this.#host.failed(this, error)
  }
}

/** Resolves after so many ms, or as soon as one of these aborts. */
function pause(clock: Clock, ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clock.clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', over)
      resolve()
    }
    const timer = clock.setTimeout(over, ms)
    for (const signal of signals) signal.addEventListener('abort', over, { once: true })
  })
}

import { KeelsonError, type StartContext } from '@keelson/kernel'
import { told } from '../told.js'
import type { CronCounts, CronJob } from './cron-job.js'
import type { JobMemory } from './memory.js'
import type { Retries } from './retries.js'
import type { CronContext, CronRun, Tick } from './run-context.js'
import { Running } from './running.js'
import { Ticker, wallOf } from './ticker.js'
import type { Ticks, Timetable } from './timetable.js'

/** More that wait for the one before would never catch up. */
const MOST_QUEUED = 1_001

/** What a job does, as far as its options say. */
export interface JobPlan {
  readonly timetable: Timetable
  readonly overlap: 'skip' | 'queue' | 'allow'
  readonly catchUp: 'none' | 'last' | 'all'
  /** In ms. */
  readonly tolerance: number
  readonly runTimeout: number
  readonly retries: Retries
  readonly onError: 'unhealthy' | 'crash' | ((error: unknown, run: CronRun) => unknown)
  run(ctx: CronContext): unknown
}

/** A tick that was taken, and who waits for its run. */
interface Taken extends Tick {
  readonly over?: (run: Running | undefined) => void
}

/** A scheduled job from its start to its stop. */
export class Job implements CronJob {
  readonly pattern: string
  readonly #plan: JobPlan
  readonly #ctx: StartContext
  readonly #memory: JobMemory
  #ticker: Ticker | undefined
  /** Those that this instance has begun, until they end. */
  readonly #runs = new Map<Running, Promise<void>>()
  readonly #queue: Taken[] = []
  #taking = false
  #draining = false
  /** Why runs failed that ended after it had been told to end. */
  readonly #failedLate: unknown[] = []

  constructor(plan: JobPlan, ctx: StartContext, memory: JobMemory) {
    this.pattern = plan.timetable.pattern
    this.#plan = plan
    this.#ctx = ctx
    this.#memory = memory
    ctx.counters(() => this.#figures())
  }

  get nextRun(): Date | undefined {
    const next = this.#ticker?.next
    return next === undefined ? undefined : new Date(next)
  }

  get lastRun(): CronRun | undefined {
    return this.#memory.last?.snapshot()
  }

  get running(): number {
    return this.#memory.running.size
  }

  get queued(): number {
    return this.#queue.length
  }

  get counts(): CronCounts {
    const { runs, failures, skipped, missed } = this.#memory
    return { runs, failures, skipped, missed }
  }

  async run(): Promise<void> {
    const { name } = this.#ctx
    if (!this.#taking) throw refused(name, 'it takes no work', 'ask while it runs')
    if (this.#plan.overlap === 'skip' && this.#busy) throw refused(name, 'a run of it goes on', 'ask when that has ended')
    const run = await new Promise<Running | undefined>((over) => this.#take({ at: wallOf(this.#ctx.clock), missed: 0, over }))
    if (run === undefined) throw refused(name, 'it stops', 'ask while it runs')
    if (run.hasFailed) throw run.error
  }

  begin(): void {
    this.#taking = true
    const { clock } = this.#ctx
    const memory = this.#memory
    memory.ended = () => this.#next()
    memory.cursor ??= { at: wallOf(clock) }
    this.#ticker = new Ticker(this.#plan.timetable, clock, memory.cursor, (ticks, now) => this.#due(ticks, now))
    this.#ticker.begin()
  }

  /** Takes no more ticks: those that wait in line are missed. */
  quiesce(): void {
    this.#taking = false
    this.#ticker?.end()
    for (const { over } of this.#queue.splice(0)) {
      if (over === undefined) this.#memory.missed++
      else over(undefined)
    }
  }

  /** Waits for the runs that go on; what they fail with is an error of the drain. */
  async drain(): Promise<{ note: string } | undefined> {
    this.#draining = true
    this.quiesce()
    const { size } = this.#runs
    await Promise.all(this.#runs.values())
    const [error] = this.#failedLate
    if (error !== undefined) throw error
    return size === 0 ? undefined : { note: `finished ${size} run${size === 1 ? '' : 's'}` }
  }

  /** Tells the runs that still go on to end now, and waits for them. */
  async end(reason: string): Promise<void> {
    this.#draining = true
    this.quiesce()
    for (const run of this.#runs.keys()) run.abort(new Error(`${this.#ctx.name} stops: ${reason}`))
    await Promise.all(this.#runs.values())
  }

  get #busy(): boolean {
    return this.#memory.running.size > 0 || this.#queue.length > 0
  }

  #due({ all, more }: Ticks, now: number): void {
    const { catchUp, tolerance } = this.#plan
    const last = all.at(-1)!
    const runs = catchUp === 'all' ? all : catchUp === 'last' || now - last <= tolerance ? [last] : []
    const missed = all.length - runs.length
    if (missed > 0 || more) this.#missed(all, missed, more)
    for (const at of runs) this.#take({ at, missed: at === last ? missed : 0 }, runs.length > 1)
  }

  #missed(all: readonly number[], missed: number, more: boolean): void {
    this.#memory.missed += missed
    const [first = 0] = all
    const last = all[Math.max(0, missed - 1)] ?? first
    const which =
      missed === 1
        ? `the run of ${timeOf(first)} was`
        : `${more ? 'more than ' : ''}${missed} runs from ${timeOf(first)} to ${timeOf(last)} were`
    this.#ctx.unhealthy(new Error(`${which} missed: the event loop was blocked, the machine slept, or the job was away`))
  }

  /** `inTurn`: it waits for those before, however runs may overlap. */
  #take(tick: Taken, inTurn = false): void {
    const { overlap } = this.#plan
    if (!this.#busy || (overlap === 'allow' && !inTurn)) this.#begin(tick)
    else if ((inTurn || overlap === 'queue') && this.#queue.length < MOST_QUEUED) this.#queue.push(tick)
    else this.#skip(tick)
  }

  #skip({ over }: Taken): void {
    if (over === undefined) this.#memory.skipped++
    else over(undefined)
  }

  #begin(tick: Taken): void {
    const { name } = this.#ctx
    const memory = this.#memory
    const run = new Running(tick, this.#host)
    memory.running.add(run)
    memory.last = run
    const performed = run.perform().then(() => {
      memory.running.delete(run)
      this.#runs.delete(run)
      memory.runs++
      if (!run.hasFailed) this.#ctx.healthy()
      tick.over?.(run)
      memory.ended()
    })
    this.#runs.set(run, performed)
    this.#ctx.track(`cron ${name}`, performed).catch(() => {}) // it takes none any more: its drain waits for it all the same
  }

  /** Those that wait in line begin when the one before has ended. */
  #next(): void {
    if (!this.#taking || this.#memory.running.size > 0) return
    const tick = this.#queue.shift()
    if (tick !== undefined) this.#begin(tick)
  }

  get #host() {
    const { runTimeout, retries } = this.#plan
    const { clock, stopping } = this.#ctx
    return {
      clock,
      runTimeout,
      retries,
      stopping,
      call: (tick: Tick, attempt: number, signal: AbortSignal) => this.#plan.run(this.#contextOf(tick, attempt, signal)),
      failed: (run: Running, error: unknown) => this.#failed(run, error),
    }
  }

  #contextOf({ at, missed }: Tick, attempt: number, signal: AbortSignal): CronContext {
    const { name, stopping, kernel } = this.#ctx
    return { name, signal, stopping, scheduledAt: new Date(at), missed, attempt, kernel }
  }

  #failed(run: Running, error: unknown): void {
    this.#memory.failures++
    const { onError } = this.#plan
    const wrapped = new Error(`its run of ${timeOf(run.tick.at)} failed: ${told(error)}`, { cause: error })
    if (this.#draining) {
      if (!run.aborted || error !== run.abortReason) this.#failedLate.push(wrapped)
    } else if (onError === 'crash') this.#ctx.crashed(wrapped)
    else if (onError === 'unhealthy') this.#ctx.unhealthy(wrapped)
    else {
      try {
        void Promise.resolve(onError(error, run.snapshot())).catch((failure: unknown) => this.#ctx.unhealthy(failure))
      } catch (failure) {
        this.#ctx.unhealthy(failure)
      }
    }
  }

  #figures(): Record<string, number> {
    const last = this.lastRun
    const next = this.#ticker?.next
    return {
      ...this.counts,
      running: this.running,
      queued: this.queued,
      ...(last !== undefined && { lastRunAt: last.startedAt.getTime(), lastFailed: last.outcome === 'failed' ? 1 : 0 }),
      ...(last?.durationMs !== undefined && { lastDurationMs: last.durationMs }),
      ...(next !== undefined && { nextRunAt: next }),
    }
  }
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

function refused(name: string, why: string, remedy: string): KeelsonError {
  return new KeelsonError('INVALID_STATE', `resource "${name}" was not run: ${why}; ${remedy}`, { resource: name })
}

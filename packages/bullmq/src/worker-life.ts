import type { StartContext, StopContext, Timeouts } from '@keelson/kernel'
import type { Bull, Closeable } from './bull.js'
import type { JobLike } from './hand-back.js'
import { Jobs } from './jobs.js'
import { canEndWait, waitNoMore } from './redis-client.js'
import { beginNoStalledTimer } from './stalled-timer.js'
import { msUntil } from './time.js'

/** The members of a BullMQ Worker that are used. */
interface WorkerLike extends Closeable {
  run(): Promise<unknown>
  pause(doNotWaitActive?: boolean): Promise<unknown>
  close(force?: boolean): Promise<unknown>
  /** From when a job is handed over until its result is stored. */
  processJob(job: never, ...rest: never[]): Promise<unknown>
}

/** How long before the end of a drain the signals of jobs abort, in ms. */
const GRACE = 2_000
/** The part of that which is kept for Redis to take them back. */
const FOR_REDIS = 0.25
/** How long Redis may take for it in a stop, in ms. */
const LAST_MOVE = 1_000

/** One worker between a start and a stop. */
export class WorkerLife<W extends WorkerLike> {
  readonly #bull: Bull<W>
  readonly #jobs: Jobs
  readonly #ctx: StartContext
  readonly #grace: number
  #stalled = 0
  #failed = 0
  #lostLocks = 0
  #runs = false
  #closing = false

  private constructor(bull: Bull<W>, jobs: Jobs, ctx: StartContext, grace: number) {
    this.#bull = bull
    this.#jobs = jobs
    this.#ctx = ctx
    this.#grace = grace
  }

  static async start<W extends WorkerLike>(
    ctx: StartContext,
    queue: string,
    grace: number | undefined,
    open: (jobs: Jobs) => Promise<Bull<W>>,
  ): Promise<WorkerLife<W>> {
    const jobs = new Jobs(queue)
    const bull = await open(jobs)
    const life = new WorkerLife(bull, jobs, ctx, grace ?? GRACE)
    life.#follow()
    return life
  }

  get value(): W {
    return this.#bull.value
  }

  #follow(): void {
    const { value } = this
    const on = (event: string, listener: (...args: never[]) => void) => value.on(event as 'error', listener as () => void)
    on('stalled', () => this.#stalled++)
    on('failed', () => this.#failed++)
    on('lockRenewalFailed', (ids: readonly unknown[]) => {
      this.#lostLocks += ids.length
      this.#jobs.lostLock(ids)
    })
    on('closed', () => {
      if (!this.#closing) this.#ctx.crashed(new Error('it was closed by something other than the kernel'))
    })
    const process = value.processJob
    value.processJob = (job: never, ...rest: never[]) =>
      this.#jobs.follow(job as JobLike, () => process.call(value, job, ...rest))
    this.#ctx.workload(() => this.#jobs.inFlight())
    this.#ctx.counters(() => ({
      active: this.#jobs.size,
      finished: this.#jobs.finished,
      failed: this.#failed,
      handedBack: this.#jobs.handedBack,
      stalled: this.#stalled,
      lostLocks: this.#lostLocks,
      errors: this.#bull.watch.errors,
    }))
  }

  activate(): void {
    this.#runs = true
    this.value.run().catch((error: unknown) => {
      if (!this.#closing) this.#ctx.crashed(this.#bull.watch.secrets.hide(error))
    })
  }

  /** At once; what BullMQ has fetched already is handed back. */
  quiesce(): void {
    this.#jobs.stopTaking()
    if (!this.#runs) return
    // Without `true` it no longer waits for the next job, either. It settles when no job is left.
    this.value.pause(!canEndWait(this.value)).catch(() => {})
    waitNoMore(this.value)
  }

  async check(timeouts: Timeouts | undefined, signal: AbortSignal): Promise<void> {
    await this.#bull.check(timeouts, signal)
  }

  /** @throws what could not be handed back, or what BullMQ has emitted meanwhile. */
  async drain(ctx: StopContext): Promise<{ note: string } | undefined> {
    const { deadline, signal } = ctx
    this.quiesce()
    const before = this.#jobs.finished
    const left = msUntil(deadline)
    const grace = Math.min(this.#grace, left / 2)
    const idle = await this.#jobs.idle(left - grace, signal)
    const last = Math.min(grace, msUntil(deadline))
    if (!idle && !signal.aborted) await this.#jobs.handBack(last * (1 - FOR_REDIS), last * FOR_REDIS * 0.8, signal)
    const unanswered = await this.#bull.drain(ctx)
    this.#tell()
    return noteOf(this.#jobs.finished - before, this.#jobs.handedBack) ?? unanswered
  }

  async stop(ctx: StopContext): Promise<void> {
    this.quiesce()
    // Of a drain that ran out of time.
    if (this.#jobs.size > 0) await this.#jobs.handBack(0, Math.min(LAST_MOVE, msUntil(ctx.deadline) / 4), ctx.signal)
    this.#closing = true
    beginNoStalledTimer(this.value)
    // By force from the beginning where a job is left: close() waits for it, and once that was called close(true) does nothing.
    const force = async () => await this.kill()
    await this.#bull.close(ctx, () => (this.#jobs.size === 0 ? this.value.close() : force()), force)
    this.#tell()
  }

  async kill(): Promise<void> {
    this.#closing = true
    beginNoStalledTimer(this.value)
    void this.#jobs.handBack(0, 0, AbortSignal.abort())
    const closed = this.value.close(true)
    this.#bull.destroy()
    await closed.catch(() => {})
  }

  #tell(): void {
    const [failure] = this.#jobs.failures.splice(0)
    if (failure !== undefined) throw failure
    this.#bull.watch.throwUntold()
  }
}

function noteOf(finished: number, handedBack: number): { note: string } | undefined {
  const jobs = (count: number) => `${count} job${count === 1 ? '' : 's'}`
  const told = [
    ...(finished > 0 ? [`finished ${jobs(finished)}`] : []),
    ...(handedBack > 0 ? [`handed back ${jobs(handedBack)}`] : []),
  ]
  return told.length === 0 ? undefined : { note: told.join(', ') }
}

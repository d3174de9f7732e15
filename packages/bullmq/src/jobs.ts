import type { WorkInFlight } from '@keelson/kernel'
import { DelayedError } from 'bullmq'
import { isControl, type JobLike, moveBack, moveLater } from './hand-back.js'
import { bounded, now, within } from './time.js'

/** The jobs that a worker has, from the moment that BullMQ hands them over until their result is stored. */
interface Entry {
  readonly label: string
  readonly since: number
  readonly controller: AbortController
  /** Ends the waiting for a processor that does not end by itself. */
  abandon(error: Error): void
  readonly abandoned: Promise<never>
  readonly job: JobLike
  state: 'waiting' | 'running' | 'storing'
  toldToEnd: boolean
  handedBack: boolean
}

/** How long Redis may take to take a job back, in ms, where no deadline is known. */
const LONGEST_MOVE = 5_000

export class Jobs {
  readonly #queue: string
  readonly #open = new Map<JobLike, Entry>()
  #taking = true
  #forRedis = LONGEST_MOVE
  #onIdle: (() => void) | undefined
  /** How many were given back that had been begun, and why some could not be. */
  handedBack = 0
  finished = 0
  readonly failures: unknown[] = []

  constructor(queue: string) {
    this.#queue = queue
  }

  get size(): number {
    return this.#open.size
  }

  /** A job that is taken after this is handed back before its processor has seen it. */
  stopTaking(): void {
    this.#taking = false
  }

  /** From here on the job is in the ledger; `work` is BullMQ's handling of it, its result being stored included. */
  async follow<R>(job: JobLike, work: () => Promise<R>): Promise<R> {
    const entry = this.#enter(job)
    try {
      return await work()
    } finally {
      if (!entry.handedBack) this.finished++
      this.#open.delete(job)
      if (this.#open.size === 0) this.#onIdle?.()
    }
  }

  /** What BullMQ takes for the processor. `cancel` is the signal of BullMQ's own `cancelJob()`. */
  async process<R>(
    job: JobLike,
    token: string,
    cancel: AbortSignal | undefined,
    process: (token: string, signal: AbortSignal) => Promise<R>,
  ): Promise<R> {
    const entry = this.#open.get(job) ?? this.#enter(job)
    if (!this.#taking) return await this.#giveBack(entry, token, moveBack)
    entry.state = 'running'
    const { controller } = entry
    const onCancel = () => controller.abort(cancel?.reason)
    cancel?.addEventListener('abort', onCancel, { once: true })
    if (cancel?.aborted) onCancel()
    try {
      return await Promise.race([process(token, controller.signal), entry.abandoned])
    } catch (error) {
      if (error instanceof Abandoned) return await this.#giveBack(entry, token, moveLater)
      // Once it was told to end, it has not failed: it was not done.
      if (entry.toldToEnd && !isControl(error)) return await this.#giveBack(entry, token, moveBack)
      throw error
    } finally {
      entry.state = 'storing'
      cancel?.removeEventListener('abort', onCancel)
    }
  }

  /** Resolves when there are none, or after `ms`, or when the signal aborts; false when there are some. */
  async idle(ms: number, signal: AbortSignal): Promise<boolean> {
    if (this.#open.size === 0) return true
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    await within(idle, ms, signal)
    return this.#open.size === 0
  }

  /** Tells the processors to end, gives them `forJobs` ms for it, and gives back what is left, for which Redis has `forRedis` ms. */
  async handBack(forJobs: number, forRedis: number, signal: AbortSignal): Promise<void> {
    this.#taking = false
    this.#forRedis = forRedis
    for (const entry of this.#open.values()) {
      entry.toldToEnd = true
      entry.controller.abort(told(entry.label, 'its worker stops; it will be run again'))
    }
    if (await this.idle(forJobs, signal)) return
    for (const entry of this.#open.values()) if (entry.state === 'running') entry.abandon(new Abandoned())
    await this.idle(forRedis, signal)
  }

  /** The lock of these jobs is lost: another worker may have them by now. */
  lostLock(ids: readonly unknown[]): void {
    for (const { job, controller, label } of this.#open.values()) {
      if (ids.includes(job.id)) controller.abort(told(label, 'its lock was lost, another worker may run it'))
    }
  }

  /** Those that are still there, by name. */
  labels(): string[] {
    return [...this.#open.values()].map(({ label }) => label)
  }

  inFlight(): WorkInFlight[] {
    return [...this.#open.values()].map(({ label, since, state }) => ({
      label,
      sinceMs: Math.round(now() - since),
      ...(state === 'storing' && { hint: 'its result is being stored in Redis' }),
    }))
  }

  #enter(job: JobLike): Entry {
    let abandon: (error: Error) => void = () => {}
    const abandoned = new Promise<never>((_, reject) => {
      abandon = reject
    })
    abandoned.catch(() => {})
    const label = `job ${this.#queue} ${job.id}`
    const entry: Entry = {
      label,
      since: now(),
      controller: new AbortController(),
      abandon,
      abandoned,
      job,
      state: 'waiting',
      toldToEnd: false,
      handedBack: false,
    }
    this.#open.set(job, entry)
    return entry
  }

  /** @throws always: by this error BullMQ knows that the job is no longer its worker's. */
  async #giveBack(entry: Entry, token: string, move: (job: JobLike, token: string) => Promise<unknown>): Promise<never> {
    const ran = entry.state === 'running'
    entry.handedBack = true
    entry.state = 'storing'
    try {
      const late = () => new Error('Redis has not answered')
      await bounded(move(entry.job, token), this.#forRedis, new AbortController().signal, late)
      if (ran) this.handedBack++
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.failures.push(
        new Error(`${entry.label} could not be handed back: ${why}; it is run again once its lock has run out`, { cause: error }),
      )
    }
    throw new DelayedError(`${entry.label} was handed back`)
  }
}

/** Why the waiting for a processor ended. */
class Abandoned extends Error {}

function told(label: string, why: string): DOMException {
  return new DOMException(`${label} must end: ${why}`, 'AbortError')
}

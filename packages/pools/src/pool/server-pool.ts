import { type KeelsonError, systemClock, type WorkInFlight } from '@keelson/kernel'
import { type Pool as Tarn, TimeoutError } from 'tarn'
import {
  acquireTimedOut,
  connectionLost,
  failingServer,
  poolStopped,
  poolStopping,
  type ServerName,
  useTimedOut,
} from '../errors.js'
import { onAbort } from '../wait/on-abort.js'
import type { Connection } from './connection.js'
import { type Lease, LiveLease } from './lease.js'
import type { Member, Slot } from './member.js'
import { Members } from './members.js'
import type { AcquireOptions } from './pool.js'
import type { PoolStats } from './pool-stats.js'
import type { ServerPoolOptions } from './server-pool-options.js'
import { slotPool } from './slot-pool.js'

/** The pool of one server. tarn decides who gets a connection and who waits; `Members` opens and closes connections. */
export class ServerPool<T> {
  readonly name: ServerName
  readonly members: Members<T>
  readonly #options: ServerPoolOptions
  readonly #tarn: Tarn<Slot<T>>
  /** The library times those who wait by the system's clock alone. */
  readonly #timesCallers: boolean
  #refusal: KeelsonError | undefined
  /** The error of calls that were aborted by stop(). */
  #stopped: KeelsonError | undefined
  /** Each lease knows its index, which is cheaper than a Set. */
  readonly #leases: LiveLease<T>[] = []
  #acquiring = 0
  readonly #whenIdle: (() => void)[] = []

  constructor(name: ServerName, open: (signal: AbortSignal) => Promise<Connection<T>>, options: ServerPoolOptions) {
    this.name = name
    this.#options = options
    this.members = new Members(name, open, options, (member, error) => this.#lost(member, error))
    this.#tarn = slotPool(this.members, options)
    this.#timesCallers = options.clock !== systemClock && options.acquireTimeout !== Infinity
  }

  use<R>(work: (value: T, lease: Lease<T>) => R, options?: AcquireOptions): Promise<Awaited<R>> {
    return this.acquire(options).then((lease) => lease.run(work, this.#blame))
  }

  /** The hot path: one promise more than the library's, and no timer of its own. */
  acquire(options?: AcquireOptions): Promise<LiveLease<T>> {
    const refusal = this.#refusal ?? this.#refusalWhileFailing()
    if (refusal !== undefined) return Promise.reject(refusal)
    const signal = options?.signal
    if (signal !== undefined || this.#timesCallers) return this.#acquireUntil(signal)
    this.#acquiring++
    return this.#tarn.acquire().promise.then(this.#lend, this.#refuse)
  }

  /** With a caller's signal, or a time limit by a clock that the library does not know. */
  async #acquireUntil(signal: AbortSignal | undefined): Promise<LiveLease<T>> {
    signal?.throwIfAborted()
    const pending = this.#tarn.acquire()
    // A turn later: a slot that the library is handing out at this moment would be lost for ever.
    const giveUp = () => void setImmediate(() => pending.abort())
    const unsubscribe = signal && onAbort(signal, giveUp)
    let late = false
    const { clock, acquireTimeout } = this.#options
    const tooLate = () => {
      late = true
      giveUp()
    }
    const timer = this.#timesCallers ? clock.setTimeout(tooLate, acquireTimeout, { unref: true }) : undefined
    this.#acquiring++
    try {
      const refused = (error: unknown) => this.#refuse(late ? new TimeoutError('') : error)
      const lease = await pending.promise.then(this.#lend, refused)
      if (signal?.aborted) lease.release()
      signal?.throwIfAborted()
      return lease
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      unsubscribe?.()
      clock.clearTimeout(timer)
    }
  }

  /** What is lent, and for how long. */
  work(): WorkInFlight[] {
    const now = this.#options.clock.now()
    return this.#leases.map(({ since }) => ({ label: `lease ${this.name.server}`, sinceMs: now - since }))
  }

  stats(): PoolStats {
    return { ...this.members.stats(), waiting: this.#acquiring }
  }

  /** Refuses new callers, and resolves when every accepted call has ended. */
  drain(refusal: KeelsonError = poolStopping(this.name)): Promise<void> {
    this.#refusal ??= refusal
    this.members.keepNone()
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve)
      this.#resolveWhenIdle()
    })
  }

  /** Aborts all leases and waiting callers, and closes all connections at the same time. */
  async stop(grace: number, error = poolStopped(this.name)): Promise<void> {
    this.#refusal ??= poolStopping(this.name)
    this.#stopped ??= error
    const closed = this.members.close(grace, error)
    for (const lease of [...this.#leases]) lease.lose(error)
    await this.#tarn.destroy()
    // A slot that was handed out during destroy() has restarted the library's timer, which would keep the process alive.
    this.#tarn.check()
    await closed
  }

  /** The last resort: a stop that does not wait. */
  kill(): void {
    this.stop(0).catch(() => {})
    this.members.kill()
  }

  readonly #lend = (slot: Slot<T>): LiveLease<T> => {
    this.#acquiring--
    const { member } = slot
    const { connection } = member
    // The library validated it a moment ago, but it may have been closed since.
    if (connection === undefined || member.out) {
      this.#tarn.release(slot)
      this.#resolveWhenIdle()
      throw this.#stopped ?? connectionLost(this.name, 'idle', this.members.failures.error ?? new Error('it was closed'))
    }
    const lease = new LiveLease(slot, connection.value, this.#giveBack, this.#leases.length)
    member.lent++
    this.#leases.push(lease)
    const { useTimeout, clock } = this.#options
    lease.since = clock.now()
    if (useTimeout !== Infinity) {
      lease.timer = clock.setTimeout(() => this.#overdue(lease, connection), useTimeout, { unref: true })
    }
    return lease
  }

  readonly #refuse = (error: unknown): never => {
    this.#acquiring--
    const { busy, size } = this.members.stats()
    const occupancy = { busy, starting: this.members.live - size, waiting: this.#acquiring }
    this.#resolveWhenIdle()
    // The library returns the slot of a rejected caller to its free slots without looking for the next caller.
    if (this.#tarn.numPendingAcquires() > 0) setImmediate(() => this.#tarn._tryAcquireOrCreate())
    if (this.#stopped) throw this.#stopped
    if (!(error instanceof TimeoutError)) throw error
    throw acquireTimedOut(this.name, this.#options.acquireTimeout, occupancy, this.members.failures.error)
  }

  readonly #giveBack = (lease: LiveLease<T>): void => {
    const { member } = lease.slot
    if (lease.timer !== undefined) this.#options.clock.clearTimeout(lease.timer)
    const last = this.#leases.pop()!
    if (last !== lease) {
      this.#leases[lease.place] = last
      last.place = lease.place
    }
    member.lent--
    this.members.returned(member)
    this.#tarn.release(lease.slot)
    this.#resolveWhenIdle()
  }

  /** The error for a caller whose work failed: the loss of the connection, if that was the cause. */
  readonly #blame = (error: unknown, lease: LiveLease<T>): unknown => {
    const { connection } = lease.slot.member
    const why = connection?.broke?.(error)
    return why === undefined ? error : connectionLost(this.name, connection!.label, why)
  }

  #lost(member: Member<T>, error: Error): void {
    for (const lease of [...this.#leases]) if (lease.slot.member === member) lease.lose(error)
  }

  /** A connection with an unfinished call is in an unknown state and is closed; one that is shared is left to its ping. */
  #overdue(lease: LiveLease<T>, { label }: Connection<T>): void {
    // Before the lease is released, or the connection would be lent to the next caller.
    if (this.#options.share === 1) this.members.discard(lease.slot.member)
    lease.lose(useTimedOut(this.name, label, this.#options.useTimeout))
  }

  /** While the backoff of a failing server lasts, callers are refused at once. */
  #refusalWhileFailing(): KeelsonError | undefined {
    const { failures } = this.members
    if (failures.count === 0 || this.members.live > 0) return undefined
    const wait = failures.wait(this.#options.clock.now())
    return wait > 0 ? failingServer(this.name, failures.count, wait, failures.error) : undefined
  }

  #resolveWhenIdle(): void {
    if (this.#leases.length > 0 || this.#acquiring > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

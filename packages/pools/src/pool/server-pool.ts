import { type KeelsonError, systemClock } from '@keelson/kernel'
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

/** The connections to one server. Who gets one, who waits and for how long is tarn's; what a connection is and when it ends is `Members`'. */
export class ServerPool<T> {
  readonly name: ServerName
  readonly members: Members<T>
  readonly #options: ServerPoolOptions
  readonly #tarn: Tarn<Slot<T>>
  /** The library times those who wait by the system's clock alone. */
  readonly #timesCallers: boolean
  #refusal: KeelsonError | undefined
  /** What those are told who are cut off. */
  #stopped: KeelsonError | undefined
  /** Each knows its place, which is cheaper than a set. */
  readonly #leases: LiveLease<T>[] = []
  #acquiring = 0
  readonly #whenQuiet: (() => void)[] = []

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

  /** On the path of every call: one promise beyond the library's, and no timer. */
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
    // A turn later: the library loses what it is just handing out, for ever, to one who gives up in that moment.
    const giveUp = () => void setImmediate(() => pending.abort())
    const letGo = signal && onAbort(signal, giveUp)
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
      letGo?.()
      clock.clearTimeout(timer)
    }
  }

  stats(): PoolStats {
    return { ...this.members.stats(), waiting: this.#acquiring }
  }

  /** Refuses new callers, and resolves when those that were let in are served. */
  drain(refusal: KeelsonError = poolStopping(this.name)): Promise<void> {
    this.#refusal ??= refusal
    this.members.keepNone()
    return new Promise((resolve) => {
      this.#whenQuiet.push(resolve)
      this.#tellQuiet()
    })
  }

  /** Cuts off whoever still has a connection or waits for one, and closes all connections at the same time. */
  async stop(grace: number, error = poolStopped(this.name)): Promise<void> {
    this.#refusal ??= poolStopping(this.name)
    this.#stopped ??= error
    const closed = this.members.close(grace, error)
    for (const lease of [...this.#leases]) lease.lose(error)
    await this.#tarn.destroy()
    // Whoever was just being served as the library ended has started its timer again, which would keep the process alive.
    this.#tarn.check()
    await closed
  }

  /** The last resort: as a stop that waits for nothing. */
  kill(): void {
    this.stop(0).catch(() => {})
    this.members.kill()
  }

  readonly #lend = (slot: Slot<T>): LiveLease<T> => {
    this.#acquiring--
    const { member } = slot
    const { connection } = member
    // The library looked at it a moment ago, but a stop may have come in between.
    if (connection === undefined || member.out) {
      this.#tarn.release(slot)
      this.#tellQuiet()
      throw this.#stopped ?? connectionLost(this.name, 'idle', this.members.failures.error ?? new Error('it was closed'))
    }
    const lease = new LiveLease(slot, connection.value, this.#giveBack, this.#leases.length)
    member.lent++
    this.#leases.push(lease)
    const { useTimeout, clock } = this.#options
    if (useTimeout !== Infinity) {
      lease.timer = clock.setTimeout(() => this.#overdue(lease, connection), useTimeout, { unref: true })
    }
    return lease
  }

  readonly #refuse = (error: unknown): never => {
    this.#acquiring--
    const { busy, size } = this.members.stats()
    const crowd = { busy, starting: this.members.live - size, waiting: this.#acquiring }
    this.#tellQuiet()
    // What the library was about to lend to this one goes back to what is free, where it does not look for the next one.
    if (this.#tarn.numPendingAcquires() > 0) setImmediate(() => this.#tarn._tryAcquireOrCreate())
    if (this.#stopped) throw this.#stopped
    if (!(error instanceof TimeoutError)) throw error
    throw acquireTimedOut(this.name, this.#options.acquireTimeout, crowd, this.members.failures.error)
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
    this.#tellQuiet()
  }

  /** What a caller is told that failed: it was the connection's fault, or its own. */
  readonly #blame = (error: unknown, lease: LiveLease<T>): unknown => {
    const { connection } = lease.slot.member
    const why = connection?.broke?.(error)
    return why === undefined ? error : connectionLost(this.name, connection!.label, why)
  }

  #lost(member: Member<T>, error: Error): void {
    for (const lease of [...this.#leases]) if (lease.slot.member === member) lease.lose(error)
  }

  /** Nobody knows what state a connection is in whose call never ended; one that others share is left to its ping. */
  #overdue(lease: LiveLease<T>, { label }: Connection<T>): void {
    // First, or it would be lent to the next one as soon as this one has let go.
    if (this.#options.share === 1) this.members.discard(lease.slot.member)
    lease.lose(useTimedOut(this.name, label, this.#options.useTimeout))
  }

  /** Spares a server that has just failed the next attempt, and its callers the wait. */
  #refusalWhileFailing(): KeelsonError | undefined {
    const { failures } = this.members
    if (failures.count === 0 || this.members.live > 0) return undefined
    const wait = failures.wait(this.#options.clock.now())
    return wait > 0 ? failingServer(this.name, failures.count, wait, failures.error) : undefined
  }

  #tellQuiet(): void {
    if (this.#leases.length > 0 || this.#acquiring > 0) return
    for (const resolve of this.#whenQuiet.splice(0)) resolve()
  }
}

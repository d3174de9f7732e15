import type { KeelsonError } from '@keelson/kernel'
import { type Pool as Tarn, TimeoutError } from 'tarn'
import type { Connection } from './connection.js'
import { type Lease, LiveLease } from './lease.js'
import type { Slot } from './member.js'
import { Members } from './members.js'
import type { AcquireOptions } from './pool.js'
import {
  acquireTimedOut,
  connectionLost,
  failingServer,
  poolStopped,
  poolStopping,
  type ServerName,
  useTimedOut,
} from './pool-errors.js'
import type { PoolStats } from './pool-stats.js'
import type { ServerPoolOptions } from './server-pool-options.js'
import { slotPool } from './slot-pool.js'

/** The connections to one server. Who gets one, who waits and for how long is tarn's; what a connection is and when it ends is `Members`'. */
export class ServerPool<T> {
  readonly name: ServerName
  readonly members: Members<T>
  readonly #options: ServerPoolOptions
  readonly #tarn: Tarn<Slot<T>>
  #refusal: KeelsonError | undefined
  #stopped = false
  /** Those of lost connections too, until their callers let go. */
  readonly #leases = new Set<LiveLease<T>>()
  #acquiring = 0
  #quiet: (() => void) | undefined
  readonly #giveBack = (lease: LiveLease<T>) => this.#release(lease)

  constructor(name: ServerName, open: (signal: AbortSignal) => Promise<Connection<T>>, options: ServerPoolOptions) {
    this.name = name
    this.#options = options
    this.members = new Members(name, open, options)
    this.#tarn = slotPool(this.members, options)
  }

  async use<R>(work: (value: T, lease: Lease<T>) => R, options?: AcquireOptions): Promise<Awaited<R>> {
    const lease = await this.acquire(options)
    try {
      return await lease.run(work)
    } catch (error) {
      const { connection } = lease.slot.member
      throw connection?.broke?.(error) ? connectionLost(this.name, connection.label, error) : error
    } finally {
      lease.release()
    }
  }

  async acquire(options?: AcquireOptions): Promise<LiveLease<T>> {
    if (this.#refusal !== undefined) throw this.#refusal
    this.#refuseWhileFailing()
    options?.signal?.throwIfAborted()
    const pending = this.#tarn.acquire()
    const abort = () => pending.abort()
    options?.signal?.addEventListener('abort', abort, { once: true })
    this.#acquiring++
    try {
      return this.#lend(await pending.promise)
    } catch (error) {
      options?.signal?.throwIfAborted()
      throw this.#explain(error)
    } finally {
      options?.signal?.removeEventListener('abort', abort)
      this.#acquiring--
      this.#tellQuiet()
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
      this.#quiet = resolve
      this.#tellQuiet()
    })
  }

  /** Cuts off whoever still has a connection or waits for one, and closes all connections at the same time. */
  async stop(grace: number): Promise<void> {
    this.#refusal ??= poolStopping(this.name)
    this.#stopped = true
    const error = poolStopped(this.name)
    const closed = this.members.close(grace, error)
    for (const lease of this.#leases) {
      lease.lose(error)
      lease.release()
    }
    await this.#tarn.destroy()
    await closed
  }

  #lend(slot: Slot<T>): LiveLease<T> {
    const { member } = slot
    const { connection } = member
    if (connection === undefined || !member.usable) {
      this.#tarn.release(slot)
      throw connectionLost(this.name, connection?.label ?? 'not open', this.members.failures.error)
    }
    const lease = new LiveLease(slot, connection.value, this.#giveBack)
    member.leases.add(lease)
    this.#leases.add(lease)
    const { useTimeout, clock } = this.#options
    if (useTimeout !== Infinity) {
      lease.timer = clock.setTimeout(() => this.#overdue(lease, connection), useTimeout, { unref: true })
    }
    return lease
  }

  #release(lease: LiveLease<T>): void {
    const { member } = lease.slot
    if (lease.timer !== undefined) this.#options.clock.clearTimeout(lease.timer)
    member.leases.delete(lease)
    this.#leases.delete(lease)
    this.members.returned(member)
    this.#tarn.release(lease.slot)
    this.#tellQuiet()
  }

  /** Nobody knows what state a connection is in whose call never ended; one that others share is left to its ping. */
  #overdue(lease: LiveLease<T>, { label }: Connection<T>): void {
    lease.lose(useTimedOut(this.name, label, this.#options.useTimeout))
    if (this.#options.share === 1) this.members.discard(lease.slot.member)
  }

  /** Spares a server that has just failed the next attempt, and its callers the wait. */
  #refuseWhileFailing(): void {
    const { failures, live } = this.members
    const wait = live === 0 ? failures.wait(this.#options.clock.now()) : 0
    if (wait > 0) throw failingServer(this.name, failures.count, wait, failures.error)
  }

  #explain(error: unknown): unknown {
    if (this.#stopped) return poolStopped(this.name)
    if (!(error instanceof TimeoutError)) return error
    const { busy } = this.members.stats()
    return acquireTimedOut(this.name, this.#options.acquireTimeout, busy, this.#acquiring, this.members.failures.error)
  }

  #tellQuiet(): void {
    if (this.#leases.size === 0 && this.#acquiring === 0) this.#quiet?.()
  }
}

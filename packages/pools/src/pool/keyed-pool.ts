import type { Clock, WorkInFlight } from '@keelson/kernel'
import { duplicateServer, noServerWorks, poolStopping, serverCutOff, serverRemoved, unknownServer } from '../errors.js'
import { settledWithin } from '../wait/settled-within.js'
import { withSignal } from '../wait/with-signal.js'
import type { Open } from './connection.js'
import type { Lease } from './lease.js'
import type { AcquireOptions, Pool } from './pool.js'
import { type PoolStats, sumOfStats } from './pool-stats.js'
import { ServerPool } from './server-pool.js'
import type { ServerPoolOptions } from './server-pool-options.js'

/** The options of a `KeyedPool`. */
export interface KeyedPoolOptions<T, S> extends ServerPoolOptions {
  readonly open: Open<T, S>
  /** @throws KeelsonError `INVALID_OPTION` for a bad config. */
  readonly checkServer: (server: string, config: unknown) => void
}

/** Milliseconds that a start or a check waits for the other servers after the first one works. */
const WAIT_FOR_OTHERS = 1_000

/** One pool of connections per server; a failing server does not affect the others. */
export class KeyedPool<T, S> implements Pool<T, S> {
  readonly #name: string
  readonly #options: KeyedPoolOptions<T, S>
  readonly #pools = new Map<string, ServerPool<T>>()
  /** Removed, and still draining or closing. */
  readonly #removing = new Set<ServerPool<T>>()
  /** The connections that removed servers had made and closed. */
  #gone = sumOfStats([])
  #stopping = false

  constructor(name: string, options: KeyedPoolOptions<T, S>) {
    this.#name = name
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  get servers(): readonly string[] {
    return [...this.#pools.keys()]
  }

  use<R>(server: string, work: (value: T, lease: Lease<T>) => R, options?: AcquireOptions): Promise<Awaited<R>> {
    const pool = this.#pools.get(server)
    return pool === undefined ? Promise.reject(this.#unknown(server)) : pool.use(work, options)
  }

  acquire(server: string, options?: AcquireOptions): Promise<Lease<T>> {
    const pool = this.#pools.get(server)
    return pool === undefined ? Promise.reject(this.#unknown(server)) : pool.acquire(options)
  }

  stats(server?: string): PoolStats {
    if (server !== undefined) return this.#poolOf(server).stats()
    return sumOfStats([this.#gone, ...this.#all.map((pool) => pool.stats())])
  }

  /** What is lent, and for how long. */
  work(): WorkInFlight[] {
    return this.#all.flatMap((pool) => pool.work())
  }

  failure(server: string): Error | undefined {
    return this.#poolOf(server).members.failures.error
  }

  add(server: string, config: S): void {
    const name = { pool: this.#name, server }
    if (this.#stopping) throw poolStopping(name)
    if (this.#pools.has(server)) throw duplicateServer(name)
    this.#options.checkServer(server, config)
    const pool = new ServerPool<T>(name, (signal) => this.#options.open(server, config, signal), this.#options)
    this.#pools.set(server, pool)
    void pool.members.refill()
  }

  async remove(server: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const pool = this.#poolOf(server)
    this.#pools.delete(server)
    this.#removing.add(pool)
    try {
      const drained = pool.drain(serverRemoved(pool.name))
      await (signal === undefined ? drained : withSignal(drained, signal).catch(() => {})) // stop() aborts the calls that are left
      await pool.stop(this.#options.grace, serverCutOff(pool.name))
    } finally {
      this.#removing.delete(pool)
      this.#gone = sumOfStats([this.#gone, pool.stats()])
    }
  }

  /**
   * Waits until the `keep` connections of every server are open or have failed, but no longer than a second after the first one is
   * open. The others go on being opened; their callers wait for them.
   *
   * @throws KeelsonError `CHECK_FAILED` when all of the servers have failed; one that works is enough.
   */
  async warm(): Promise<void> {
    const all = [...this.#pools.values()].map(({ members }) => members)
    const settled = Promise.all(all.map((members) => members.settled()))
    const works = Promise.any(all.map((members) => members.oneIsOpen())).catch(() => {})
    await Promise.race([settled, works])
    await settledWithin(settled, WAIT_FOR_OTHERS, this.clock)
    this.#throwUnlessOneWorks(all.map((members) => (members.works ? undefined : members.failures.error)))
  }

  /**
   * Pings idle connections, and tries servers again that have failed. Passes as soon as one server works and all pings have ended, or
   * a second later: a server that does not answer fails by its own timeouts.
   *
   * @throws KeelsonError `CHECK_FAILED` when none of the servers can be used.
   */
  async check(signal: AbortSignal): Promise<void> {
    const all = [...this.#pools.values()].map(({ members }) => ({ members, ping: members.ping() }))
    if (all.length === 0) return
    const pinged = withSignal(Promise.all(all.map(({ ping }) => ping)), signal)
    const works = Promise.any(
      all.map(async ({ members, ping }) => {
        await withSignal(ping, signal)
        const failure = await members.attempt(signal)
        if (failure !== undefined) throw failure
      }),
    )
    await Promise.race([pinged, works]).catch(() => {})
    await settledWithin(pinged, WAIT_FOR_OTHERS, this.clock)
    await works.catch(({ errors }: AggregateError) => this.#throwUnlessOneWorks(errors))
  }

  /** Closes what has been idle for too long. */
  trim(now: number): void {
    for (const { members } of this.#pools.values()) members.trim(now)
  }

  /** Refuses new callers, and resolves when every accepted call has ended. */
  async drain(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#all.map((pool) => pool.drain()))
  }

  /** Closes all connections at the same time, forcibly after `grace` ms. */
  async stop(grace: number): Promise<void> {
    this.#stopping = true
    const ends = await Promise.allSettled(this.#all.map((pool) => pool.stop(grace)))
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} servers did not close`)
  }

  /** The last resort: ends everything forcibly, opens nothing more, and does not wait. */
  kill(): void {
    this.#stopping = true
    for (const pool of this.#all) pool.kill()
  }

  get #all(): ServerPool<T>[] {
    return [...this.#pools.values(), ...this.#removing]
  }

  #throwUnlessOneWorks(failures: readonly (Error | undefined)[]): void {
    const causes = failures.filter((failure) => failure !== undefined)
    if (causes.length > 0 && causes.length === failures.length) throw noServerWorks(this.#name, causes)
  }

  #poolOf(server: string): ServerPool<T> {
    const pool = this.#pools.get(server)
    if (pool === undefined) throw this.#unknown(server)
    return pool
  }

  #unknown(server: string): Error {
    return unknownServer(this.#name, server, this.servers)
  }
}

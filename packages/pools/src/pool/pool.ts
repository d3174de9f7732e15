import type { Lease } from './lease.js'
import type { PoolStats } from './pool-stats.js'

/** Connections to several servers: `T` is what is lent, `S` the config of a server. */
export interface Pool<T, S> {
  /** The names of the servers, in the order in which they were added. */
  readonly servers: readonly string[]
  /**
   * Runs `work` with a connection that at most `share` callers use at the same time, and gives it back. Rejects as soon as the
   * connection is lost, even if `work` never ends.
   *
   * @throws KeelsonError with the server in `details.server`: `UNKNOWN_RESOURCE`; `START_FAILED` when no connection can be opened;
   * `TIMEOUT` when none became free within `acquireTimeout`, or `work` took longer than `useTimeout`; `CRASHED` when the
   * connection was lost; `ABORTED` when the pool stops. What `work` throws passes through.
   */
  use<R>(server: string, work: (value: T, lease: Lease<T>) => R, options?: AcquireOptions): Promise<Awaited<R>>
  /**
   * Borrows a connection until `release()`. `use` is safer: it also rejects when the connection is lost.
   *
   * @throws as `use`.
   */
  acquire(server: string, options?: AcquireOptions): Promise<Lease<T>>
  /** The figures of one server, or the sum of all. */
  stats(server?: string): PoolStats
  /** Why the last connection to a server failed to open or was lost; undefined after one has worked again. */
  failure(server: string): Error | undefined
  /**
   * Adds a server while the pool runs.
   *
   * @throws KeelsonError `DUPLICATE_RESOURCE`, `INVALID_OPTION`, `ABORTED` when the pool stops.
   */
  add(server: string, config: S): void
  /**
   * Removes a server: refuses new calls, waits for those in flight until `signal` aborts, and closes its connections.
   * Calls that are left then are rejected with `ABORTED`.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE`; the errors of closing.
   */
  remove(server: string, options?: { signal?: AbortSignal }): Promise<void>
}

export interface AcquireOptions {
  /** Stops waiting for a connection; work that has begun is not aborted. */
  signal?: AbortSignal
}

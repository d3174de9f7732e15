import type { Lease } from './lease.js'
import type { PoolStats } from './pool-stats.js'

/** Connections to several servers, `T` by `T`; `S` is how a server is described. */
export interface Pool<T, S> {
  /** The names of the servers, in the order in which they came. */
  readonly servers: readonly string[]
  /**
   * Runs `work` with a connection to a server that nobody else uses meanwhile (or at most `share` callers) and gives it back.
   * Rejects as soon as the connection is lost, even where `work` goes on for ever.
   *
   * @throws KeelsonError with the server in `details.server`: `UNKNOWN_RESOURCE`; `START_FAILED` when no connection can be opened;
   * `TIMEOUT` when none became free within `acquireTimeout`, or `work` took longer than `useTimeout`; `CRASHED` when the
   * connection was lost; `ABORTED` when the pool stops. What `work` throws passes through.
   */
  use<R>(server: string, work: (value: T, lease: Lease<T>) => R, options?: AcquireOptions): Promise<Awaited<R>>
  /**
   * Borrows a connection until `release()`. `use` is safer: it also ends what waits for a connection that is gone.
   *
   * @throws as `use`.
   */
  acquire(server: string, options?: AcquireOptions): Promise<Lease<T>>
  /** Of one server, or of all of them together. */
  stats(server?: string): PoolStats
  /** Why the last connection to a server could not be opened or was lost; undefined once one has worked again. */
  failure(server: string): Error | undefined
  /**
   * Takes in one more server while the pool runs.
   *
   * @throws KeelsonError `DUPLICATE_RESOURCE`, `INVALID_OPTION`, `ABORTED` when the pool stops.
   */
  add(server: string, config: S): void
  /**
   * Takes a server out: refuses new work, waits for what is in flight (for at most `signal`), and closes its connections.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE`; whatever closing threw.
   */
  remove(server: string, options?: { signal?: AbortSignal }): Promise<void>
}

export interface AcquireOptions {
  /** Gives up waiting; what already runs is up to the caller. */
  signal?: AbortSignal
}

import type { ResourceLike } from '@keelson/kernel'

/**
 * What a leader holds: of all processes that open the same lock, at most one has it. `pgAdvisoryLock()` and `redisLock()` make one; to
 * bring another, keep these promises.
 */
export interface LeaderLock {
  /**
   * In ms: nobody else leads before so much time has passed since the last renewal of the one that led was begun, unless that one has
   * given it back.
   */
  readonly lease: number
  /** The resource whose value `open()` is given, where that was not at hand when the lock was made. */
  readonly on?: ResourceLike
  /** Makes ready to ask for it, as `holder`, which others may read. */
  open(value: unknown, holder: string): PromiseLike<LockSession>
}

/** One process that asks for a lock, and may have it. Each call may take for ever: the leader waits for none longer than it can. */
export interface LockSession {
  /** Tries once. */
  acquire(): PromiseLike<LockAnswer>
  /** Whether it still has the lock, which is its own for another lease then. */
  renew(): PromiseLike<boolean>
  /** Gives the lock back, and tells those who ask for it. */
  release(): PromiseLike<unknown>
  /** Lets go of what the session holds, at once and without a word; called once, also after `release()`. */
  close(): void
  /** Called when it has lost the lock by itself, as with a connection that ends. */
  onLost?(listener: (error: Error) => void): void
  /** Called when another has given the lock back. */
  onReleased?(listener: () => void): void
}

/** What becomes of one try. */
export type LockAnswer =
  | {
      readonly taken: true
      /** Greater than that of whoever had the lock before. */
      readonly token: bigint
      /** In ms, at most the lease: for how long whoever had it before may still believe so. */
      readonly waitMs?: number
    }
  | { readonly taken: false; readonly holder?: string | undefined }

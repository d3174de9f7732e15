/** Something open that a pool lends out: a child process, a session with a server. */
export interface Connection<T> {
  readonly value: T
  /** Which one, for messages: `pid 4711`. */
  readonly label: string
  /** Not to be lent again, though what is in flight may still finish. */
  readonly spent: boolean
  /** Calls `listener` once when it is gone, whoever ended it; what came before can have been answered until then. */
  onLost(listener: (why: Error) => void): void
  /** What went wrong, if an error that a caller got is this connection's fault. */
  broke?(error: unknown): Error | undefined
  /** Rejects when the other side does not answer. */
  ping?(signal: AbortSignal): Promise<unknown>
  /** Says goodbye, and ends it by force after `grace` ms. */
  close(grace: number): Promise<void>
  /** Ends it by force, now. */
  kill(): void
}

/** Opens a connection to a server; gives up, and leaves nothing open, when `signal` aborts. */
export type Open<T, S> = (server: string, config: S, signal: AbortSignal) => Promise<Connection<T>>

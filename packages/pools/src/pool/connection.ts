/** Something open that a pool lends out: a child process, a session with a server. */
export interface Connection<T> {
  readonly value: T
  /** For messages: `pid 4711`. */
  readonly label: string
  /** Must not be lent again; calls in flight may still finish. */
  readonly spent: boolean
  /** Calls `listener` once the connection has ended, whoever ended it, after everything that was received has been delivered. */
  onLost(listener: (why: Error) => void): void
  /** The connection's own error when it caused an error that a caller got; undefined for the caller's own errors. */
  broke?(error: unknown): Error | undefined
  /** Rejects when the other side is unhealthy; `signal` aborts at `pingTimeout`. */
  ping?(signal: AbortSignal): Promise<unknown>
  /** Closes it politely, and forcibly after `grace` ms. Called again, the shorter grace counts. */
  close(grace: number): Promise<void>
  /** Ends it forcibly, now. */
  kill(): void
}

/** Opens a connection to a server; when `signal` aborts it rejects and leaves nothing open. */
export type Open<T, S> = (server: string, config: S, signal: AbortSignal) => Promise<Connection<T>>

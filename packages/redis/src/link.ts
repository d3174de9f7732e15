/** What happens to a client by itself. */
export interface LinkEvents {
  /** There is no connection, for this reason; the driver connects again by itself. */
  lost(error: unknown): void
  /** There is one again. */
  back(): void
  /** The driver will not connect again. */
  gone(error: unknown): void
  /** Something is wrong with a part of it. */
  smells(): void
}

/** Commands that a client has not had an answer to. */
export interface Counts {
  /** Sent. */
  readonly inFlight: number
  /** Waiting for a connection. */
  readonly queued: number
}

/** A client of one of the drivers, in one form. */
export interface Link {
  /** Whether it can be asked now. */
  readonly ready: boolean
  /** Connects, at the first attempt or not at all. */
  connect(): Promise<unknown>
  /** Every server that it needs answers. */
  ping(): Promise<unknown>
  /** One command; of a client that has one connection. */
  ask?(...args: string[]): Promise<unknown>
  /** Undefined where the driver does not tell. */
  counts(): Counts | undefined
  /** Another connection with the same options, which never connects again; of a client that has one connection. */
  side?(): Link
  /** Tells `events` until the function that is returned is called; errors are heard for ever. */
  listen(events: LinkEvents): () => void
  /** Closes it politely: what is in flight is answered first. */
  close(): Promise<unknown>
  /** Destroys its sockets and rejects what waits; may be called again, and while it connects. */
  destroy(): void
  /** What may hold secrets. */
  readonly options: unknown
}

import type { Connection } from './connection.js'

/** One connection of a pool, from the start of its opening. */
export class Member<T> {
  readonly begunAt: number
  connection: Connection<T> | undefined
  /** Settles when it is open or has failed to open. */
  ready: Promise<void> = Promise.resolve()
  /** The number of pool slots that refer to it. */
  slots = 0
  /** The number of callers that use it. */
  lent = 0
  /** The time of the first sweep that found it idle; undefined while it is in use. */
  idleSince: number | undefined
  /** The ping of an idle member, which must not be lent until that settles. */
  pinging: Promise<unknown> | undefined
  /** Aborts the ping in progress. */
  ping: AbortController | undefined
  /** Removed from the pool. */
  out = false

  constructor(now: number) {
    this.begunAt = now
  }

  get usable(): boolean {
    return !this.out && this.connection?.spent !== true
  }

  get idle(): boolean {
    return this.connection !== undefined && this.lent === 0
  }
}

/** What the pool library lends: the right to use a connection. Each connection has `share` slots. */
export class Slot<T> {
  readonly member: Member<T>

  constructor(member: Member<T>) {
    this.member = member
  }
}

import type { Connection } from './connection.js'

/** One connection of a pool, from the moment that it is being opened. */
export class Member<T> {
  readonly begunAt: number
  connection: Connection<T> | undefined
  /** Settles when it is open, or could not be opened. */
  ready: Promise<void> = Promise.resolve()
  /** How many slots of the pool stand for it. */
  slots = 0
  /** To how many callers. */
  lent = 0
  /** As of the first sweep that found it so; undefined before. */
  idleSince: number | undefined
  /** Set while it is asked for a sign of life and must not be lent. */
  pinging: Promise<unknown> | undefined
  /** Ends the ping that it is asked for. */
  ping: AbortController | undefined
  /** Not a part of the pool any more. */
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

/** What the pool library lends: the right to use a connection, of which each has as many as may share it. */
export class Slot<T> {
  readonly member: Member<T>

  constructor(member: Member<T>) {
    this.member = member
  }
}

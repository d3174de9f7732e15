import type { Connection } from './connection.js'
import type { Lease } from './lease.js'

/** One connection of a pool, from the moment that it is being opened. */
export class Member<T> {
  readonly begunAt: number
  connection: Connection<T> | undefined
  /** Settles when it is open, or could not be opened. */
  ready: Promise<void> = Promise.resolve()
  /** How many slots of the pool stand for it. */
  slots = 0
  readonly leases = new Set<Lease<T>>()
  idleSince: number
  /** Set while it is asked for a sign of life and must not be lent. */
  pinging: Promise<unknown> | undefined
  /** Not a part of the pool any more. */
  out = false

  constructor(now: number) {
    this.begunAt = now
    this.idleSince = now
  }

  get usable(): boolean {
    return !this.out && this.connection?.spent !== true
  }

  get idle(): boolean {
    return this.connection !== undefined && this.leases.size === 0
  }
}

/** What the pool library lends: the right to use a connection, of which each has as many as may share it. */
export class Slot<T> {
  readonly member: Member<T>

  constructor(member: Member<T>) {
    this.member = member
  }
}

import type { SqlLike } from './sql-like.js'

/** A query of postgres.js: a promise that is settled by its own methods. */
interface Query {
  readonly executed: boolean
  /** Undefined for what postgres.js asks by itself, and for nothing else. */
  readonly canceller: unknown
  reject: (error: unknown) => void
}

interface QueryClass {
  handle(this: Query): unknown
}

const mended = new WeakSet<QueryClass>()

/**
 * Each connection of postgres.js first looks up types, and with `target_session_attrs` the state of the server, by promises that nobody
 * handles: a connection that ends in the middle of that would end the process. These are never rejected any more; whoever waits for the
 * connection is told all the same. It concerns the class of queries, and so every client of that copy of postgres.js.
 */
export function handleLookups(sql: SqlLike): void {
  const query = sql.unsafe('') // not sent, for nobody waits for it
  const prototype = Object.getPrototypeOf(query) as QueryClass
  if (mended.has(prototype) || typeof prototype.handle !== 'function') return
  mended.add(prototype)
  const { handle } = prototype
  prototype.handle = function () {
    if (this.canceller === undefined && !this.executed) this.reject = () => {}
    return handle.call(this)
  }
}

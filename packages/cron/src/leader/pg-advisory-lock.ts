import { createHash } from 'node:crypto'
import { type ResourceLike, resourceOf } from '@keelson/kernel'
import { checkMs, invalidOption } from '../invalid-option.js'
import type { LeaderLock } from './lock.js'
import { openPg, type PgPoolLike } from './pg-session.js'
import { openPostgresJs, type PostgresJsLike } from './postgresjs-session.js'

/** In ms. */
export const LEASE = 30_000

export interface LockOptions {
  /**
   * In ms, default 30_000: how long nobody leads after the one that led has vanished. What depends on the leader has to be down within
   * it, and nine tenths of it are for that at the most.
   */
  lease?: number
}

/** What a lock on PostgreSQL is made on: a `Pool` of `pg`, or what `postgres()` of postgres.js makes. */
export type PgLike = PgPoolLike | PostgresJsLike

/**
 * An advisory lock of PostgreSQL, held by a session: one connection of the pool is taken for as long as the process leads or stands by. No
 * table is needed. The server gives the lock up with the session: whoever gets it then waits for a lease before it leads, because the
 * one before may have to notice first, unless that one said that it is down, as it does in every shutdown. The token is a transaction id of the
 * server, which only grows; after a failover to a replica that has not seen all it may be smaller.
 *
 * Needs sessions: a pooler such as PgBouncer has to be in its session mode, or to be passed by.
 *
 * @param db The value of a resource, or the resource itself, which the leader depends on then.
 * @param key Which lock: a name, or the number itself, of 64 bits.
 * @throws KeelsonError `INVALID_OPTION`.
 */
export function pgAdvisoryLock(
  db: PgLike | ResourceLike<PgLike>,
  key: string | number | bigint,
  { lease = LEASE }: LockOptions = {},
): LeaderLock {
  checkMs('leader', 'lease', lease, 1)
  const id = idOf(key)
  const on = resourceIn<PgLike>(db)
  return {
    lease,
    ...(on !== undefined && { on }),
    open: async (value, holder) => {
      const client = (on === undefined ? db : value) as PgLike
      if (typeof (client as Partial<PostgresJsLike>)?.reserve === 'function')
        return openPostgresJs(client as PostgresJsLike, id, holder, lease)
      if (typeof (client as Partial<PgPoolLike>)?.connect === 'function') return openPg(client as PgPoolLike, id, holder, lease)
      throw invalidOption(
        'leader',
        'pgAdvisoryLock(db)',
        'is no pool',
        'pass a Pool of pg, what postgres() makes, or a resource of one',
      )
    },
  }
}

/** A resource; undefined for what is the value of one. */
export function resourceIn<T>(value: unknown): ResourceLike<T> | undefined {
  try {
    return resourceOf(value as ResourceLike<T>)
  } catch {
    return undefined
  }
}

function idOf(key: unknown): bigint {
  if (typeof key === 'bigint') return BigInt.asIntN(64, key)
  if (typeof key === 'number' && Number.isSafeInteger(key)) return BigInt(key)
  if (typeof key === 'string' && key !== '') return createHash('sha256').update(key).digest().readBigInt64BE()
  throw invalidOption('leader', 'the key of pgAdvisoryLock()', 'is no name and no integer', "pass a name such as 'shop jobs'")
}

import { invalid } from '../options/lifecycle.js'
import { isPool } from '../pg/pg-like.js'
import { openPgLine } from '../pg/pg-line.js'
import { isSql } from '../sql/sql-like.js'
import type { Line } from '../watch/sentinel.js'

/** What a migration can take its lock with: a `Pool` of pg or a client of postgres.js. */
export interface MigrationDatabase {
  readonly options: object
  end(): Promise<unknown>
}

/** Opens the connection that holds a lock, of its own: a pool of one client would wait for itself. */
export async function openLock(name: string, database: unknown, lost: () => void): Promise<Line> {
  if (isPool(database)) return openPgLine(database, lost)
  if (!isSql(database)) throw notFound(name)
  const { openSqlLine } = await import('../sql/sql-line.js') // needs postgres.js, which users of pg do not have
  return openSqlLine({ ...database.options }, lost)
}

/** @throws KeelsonError `INVALID_OPTION` unless there is exactly one among the dependencies. */
export function databaseAmong(name: string, deps: object): unknown {
  const found = Object.values(deps).filter((value) => isPool(value) || isSql(value))
  if (found.length !== 1) throw notFound(name)
  return found[0]
}

function notFound(name: string): Error {
  const remedy = 'say which by database: ({ db }) => db'
  return invalid(name, 'dependsOn', 'has not exactly one Pool of pg or client of postgres.js', remedy)
}

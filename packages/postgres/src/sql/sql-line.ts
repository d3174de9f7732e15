import postgres from 'postgres'
import type { Line } from '../watch/sentinel.js'
import type { SqlLike, SqlOptions } from './sql-like.js'
import { SqlSockets } from './sql-sockets.js'

export interface SqlLine extends Line {
  readonly sql: SqlLike
  readonly sockets: SqlSockets
}

/**
 * A client of one connection beside that of the application, with the same options but for what concerns its queries.
 */
export function openSqlLine(options: SqlOptions, lost: () => void): SqlLine {
  let told = false
  const own = {
    ...options,
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    fetch_types: false,
    debug: undefined,
    backoff: () => 0,
    transform: { undefined: undefined, column: {}, value: {}, row: {} },
    shared: { retries: 0, typeArrayMap: {} },
    parameters: {},
    onnotice: () => {},
    onnotify: undefined,
    onparameter: undefined,
    onclose: () => {
      if (!told) lost()
    },
  }
  const sockets = new SqlSockets(1)
  sockets.attach(own as SqlOptions)
  const sql = postgres(own as never) as unknown as SqlLike
  return {
    sql,
    sockets,
    connected: Promise.resolve(), // by its first query
    async ask(text) {
      const [row] = await sql.unsafe(text).values()
      return row?.[0]
    },
    cut() {
      told = true
      void sockets.destroy(sql.end({ timeout: 0 }))
    },
    close() {
      told = true
      return sql.end()
    },
  }
}

import { bounded } from '../watch/bounded.js'
import type { SqlOptions } from './sql-like.js'
import { openSqlLine } from './sql-line.js'
import type { SqlSockets } from './sql-sockets.js'

/**
 * Asks the server, over a connection of its own, to cancel what is executed for `sockets`, and resolves with how many there
 * were. postgres.js does not tell their processes, which are found by the ports that they are connected from; where something in between
 * has changed that of this connection itself, nothing is cancelled, for the ports might be somebody else's.
 */
export async function cancelStatements(options: SqlOptions, sockets: SqlSockets, ms: number): Promise<number> {
  const ports = sockets.open.map(({ localPort }) => localPort).filter((port) => port !== undefined)
  if (ports.length === 0) return 0
  const line = openSqlLine(options, () => {})
  try {
    return await bounded(cancelled(line, ports), ms, undefined, () => undefined)
  } catch {
    return 0
  } finally {
    line.cut()
  }
}

async function cancelled({ sql, sockets, ask }: ReturnType<typeof openSqlLine>, ports: readonly number[]): Promise<number> {
  await ask('select 1') // connected
  const own = sockets.open[0]?.localPort ?? 0
  const rows = await sql
    .unsafe(
      `select pg_cancel_backend(other.pid)
      from pg_stat_activity me join pg_stat_activity other on other.client_addr = me.client_addr
      where me.pid = pg_backend_pid() and me.client_port = ${own}
        and other.client_port in (${ports.join(', ')}) and other.state = 'active' and other.usename = me.usename`,
    )
    .values()
  return rows.length
}

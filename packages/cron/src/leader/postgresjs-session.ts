import { keep } from './kept.js'
import type { LockSession } from './lock.js'
import { PgStatements, type Row } from './pg-statements.js'

/** What is asked of what `postgres()` of postgres.js makes. */
export interface PostgresJsLike {
  reserve(): PromiseLike<PostgresJsReserved>
  listen(channel: string, listener: () => void): PromiseLike<{ unlisten(): PromiseLike<unknown> }>
}

/** What is asked of a connection that it has set aside. */
export interface PostgresJsReserved {
  unsafe(text: string, values?: never[]): PromiseLike<readonly Row[]>
  release(): void
}

/** In ms: how long the statement takes that is always under way, a part of the lease and at most this. */
const LONGEST_PULSE = 250

/**
 * A session of its own, on a connection that is set aside. The driver tells of the end of one only by what is under way on it, and fails in
 * the middle of nowhere when it is asked for more after that: so a small statement always is.
 */
export async function openPostgresJs(sql: PostgresJsLike, id: bigint, holder: string, lease: number): Promise<LockSession> {
  const reserved = await sql.reserve()
  const keptNoMore = keep(reserved, 'a lock')
  let lost = (_: Error) => {}
  let released = () => {}
  let closed = false
  let dead: Error | undefined
  let unlisten = async (): Promise<unknown> => undefined
  const query = async (text: string, values?: readonly unknown[]) => {
    if (dead !== undefined) throw dead
    return await reserved.unsafe(text, values as never[] | undefined)
  }
  const statements = new PgStatements(id, lease, query)
  const pulse = `select pg_sleep(${Math.min(LONGEST_PULSE, lease / 100) / 1_000})`
  const follow = async () => {
    while (dead === undefined) {
      try {
        await reserved.unsafe(pulse)
      } catch (error) {
        if (isRefusal(error)) continue // as with a statement_timeout: it has answered all the same
        dead = new Error(`its session has ended: ${(error as Error).message}`, { cause: error })
        lost(dead)
      }
    }
  }
  const session: LockSession = {
    acquire: () => statements.acquire(),
    renew: () => statements.renew(),
    release: () => statements.release(),
    close() {
      if (closed) return
      closed = true
      lost = released = () => {}
      unlisten().catch(() => {})
      // The driver cannot end one connection: the server does, and with it everything that the session has. A connection that is gone is
      // the driver's again.
      query('select pg_terminate_backend(pg_backend_pid())').then(keptNoMore, keptNoMore)
    },
    onLost: (listener) => {
      lost = listener
    },
    onReleased: (listener) => {
      released = listener
    },
  }
  void follow()
  try {
    await statements.nameSession(holder)
    const listening = await sql.listen(statements.channel, () => {
      statements.handedOver()
      released()
    })
    unlisten = async () => listening.unlisten()
    return session
  } catch (error) {
    session.close()
    throw error
  }
}

/** Whether the server has refused one statement, and goes on with the session. */
function isRefusal(error: unknown): boolean {
  return (error as { severity_local?: unknown; severity?: unknown } | undefined)?.severity === 'ERROR'
}

import { keep } from './kept.js'
import type { LockSession } from './lock.js'
import { PgStatements, type Row } from './pg-statements.js'

/** What is asked of a `Pool` of `pg`. */
export interface PgPoolLike {
  connect(): PromiseLike<PgClientLike>
}

/** What is asked of its clients. */
export interface PgClientLike {
  query(text: string, values?: unknown[]): PromiseLike<{ readonly rows: readonly Row[] }>
  on(event: 'error' | 'end' | 'notification', listener: (error: Error) => void): unknown
  removeListener(event: 'error' | 'end' | 'notification', listener: (error: Error) => void): unknown
  release(destroy?: boolean): void
}

/** A session of its own, on a client that is taken from the pool and not given back. */
export async function openPg(pool: PgPoolLike, id: bigint, holder: string, lease: number): Promise<LockSession> {
  const client = await pool.connect()
  const keptNoMore = keep(client, 'a lock')
  const statements = new PgStatements(id, lease, async (text, values) => (await client.query(text, values && [...values])).rows)
  let lost = (_: Error) => {}
  let released = () => {}
  let closed = false
  // A client of a pool has nobody to hear its errors while it is taken.
  const failed = (error: Error | undefined) =>
    lost(new Error(`its session has ended${error === undefined ? '' : `: ${error.message}`}`))
  const notified = () => {
    statements.handedOver()
    released()
  }
  client.on('error', failed)
  client.on('end', failed)
  client.on('notification', notified)
  const session: LockSession = {
    acquire: () => statements.acquire(),
    renew: () => statements.renew(),
    release: () => statements.release(),
    close() {
      if (closed) return
      closed = true
      lost = released = () => {}
      keptNoMore()
      client.removeListener('end', failed)
      client.removeListener('notification', notified)
      client.release(true)
      // The goodbye of a session that answers nothing would keep its socket open.
      ;(client as { connection?: { stream?: { destroy?(): void } } }).connection?.stream?.destroy?.()
    },
    onLost: (listener) => {
      lost = listener
    },
    onReleased: (listener) => {
      released = listener
    },
  }
  try {
    await statements.nameSession(holder)
    await client.query(`listen "${statements.channel}"`)
    return session
  } catch (error) {
    session.close()
    throw error
  }
}

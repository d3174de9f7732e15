import type { LockAnswer } from './lock.js'

/** A row of an answer. */
export type Row = Readonly<Record<string, unknown>>

/** Runs one statement on the session that holds the lock. */
export type Query = (text: string, values?: readonly unknown[]) => PromiseLike<readonly Row[]>

/** What is said to PostgreSQL, whichever driver says it. */
export class PgStatements {
  readonly channel: string
  readonly #id: bigint
  readonly #lease: number
  readonly #query: Query
  /** Whether somebody has just said that nothing of its term goes on. */
  #handedOver = false
  /** The process of the server that had the lock when it was asked for: a driver may have come back with another. */
  #backend: unknown

  constructor(id: bigint, lease: number, query: Query) {
    this.#id = id
    this.#lease = lease
    let last: PromiseLike<unknown> = Promise.resolve()
    // One after the other: a driver may not queue them.
    this.#query = (text, values) => {
      const run = () => query(text, values)
      const answer = last.then(run, run)
      last = answer
      return answer
    }
    this.channel = `keelson_leader_${BigInt.asUintN(64, id)}`
  }

  /** Others read who has the lock in `pg_stat_activity`. */
  async nameSession(holder: string): Promise<void> {
    await this.#query("select set_config('application_name', $1, false)", [holder.slice(0, 63)])
  }

  /** A handover that was heard of counts for the next try. */
  handedOver(): void {
    this.#handedOver = true
  }

  async acquire(): Promise<LockAnswer> {
    const clean = this.#handedOver
    this.#handedOver = false
    const [row] = await this.#query(
      'select case when pg_try_advisory_lock($1::bigint) then txid_current()::text end as token, pg_backend_pid() as backend',
      [String(this.#id)],
    )
    this.#backend = row?.backend
    if (typeof row?.token === 'string') return { taken: true, token: BigInt(row.token), waitMs: clean ? 0 : this.#lease }
    // What was heard meanwhile is of one before whoever has it now.
    this.#handedOver = false
    return { taken: false, holder: await this.#holder() }
  }

  /** While the same session answers, it has what it had. */
  async renew(): Promise<boolean> {
    const [row] = await this.#query('select pg_backend_pid() as backend')
    return row?.backend === this.#backend
  }

  /** Whoever gets it has heard of that, or hears it a moment later. */
  async release(): Promise<void> {
    await this.#query("select pg_advisory_unlock($1::bigint), pg_notify($2, '')", [String(this.#id), this.channel])
  }

  async #holder(): Promise<string | undefined> {
    const bits = BigInt.asUintN(64, this.#id)
    const [row] = await this.#query(
      `select a.application_name as holder from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'advisory' and l.granted and l.objsubid = 1
         and l.database = (select oid from pg_database where datname = current_database())
         and l.classid = $1::bigint::oid and l.objid = $2::bigint::oid`,
      [String(bits >> 32n), String(bits & 0xffff_ffffn)],
    )
    return typeof row?.holder === 'string' && row.holder !== '' ? row.holder : undefined
  }
}

import { type StartContext, type StopContext, systemClock, type WorkInFlight } from '@keelson/kernel'
import type { Secrets } from '../options/secrets.js'
import { bounded } from '../watch/bounded.js'
import { LOOK, marginOf, pause } from '../watch/margins.js'
import { Sentinel } from '../watch/sentinel.js'
import { cancelStatements } from './sql-cancel.js'
import { SqlHolds } from './sql-holds.js'
import type { SqlLike, SqlOptions } from './sql-like.js'
import { openSqlLine } from './sql-line.js'
import { handleLookups } from './sql-lookups.js'
import { SqlSockets } from './sql-sockets.js'

export interface SqlWatchOptions {
  readonly traceClients: boolean
  readonly replica: boolean
  readonly secrets: Secrets
}

/** What is known of one client of postgres.js while it is a resource: its connections, who holds them, whether its server is there. */
export class SqlWatch {
  readonly secrets: Secrets
  readonly #sql: SqlLike
  /** Before anything was attached: those of the connections that are made beside it. */
  readonly #plain: SqlOptions
  readonly #holds: SqlHolds
  readonly #sockets = new SqlSockets()
  readonly #sentinel: Sentinel
  #ctx: Pick<StartContext, 'recheck'> | undefined
  #draining: number | undefined

  constructor(sql: SqlLike, { traceClients, replica, secrets }: SqlWatchOptions) {
    this.#sql = sql
    this.secrets = secrets
    const { options } = sql
    this.#plain = { ...options }
    this.#sentinel = new Sentinel(
      (lost) => openSqlLine(this.#plain, lost),
      replica,
      () => this.#ctx?.recheck(),
    )
    handleLookups(sql)
    this.#holds = new SqlHolds(sql, traceClients)
    this.#sockets.attach(options)
    const { onclose } = options
    options.onclose = (id) => {
      this.#ctx?.recheck()
      onclose?.(id)
    }
  }

  /** From now on a start context hears of what happens to the client. */
  follow(ctx: StartContext): void {
    this.#ctx = ctx
    ctx.workload(() => this.#work())
    ctx.counters(() => ({ held: this.#holds.count, connections: this.#sockets.open.length, max: this.#sql.options.max }))
  }

  #work(): WorkInFlight[] {
    const held = this.#holds.list(this.#draining !== undefined)
    if (held.length > 0 || this.#draining === undefined) return held
    return [{ label: 'statements', sinceMs: systemClock.now() - this.#draining }]
  }

  /** @throws the driver's reason, without credentials. */
  async check(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#sentinel.ask(ms, signal)
    } catch (error) {
      throw this.secrets.hide(error)
    }
  }

  /**
   * Waits for transactions, for what is reserved, and for the statements in flight and in line. A little before the deadline statements
   * that are still executed are cancelled.
   *
   * @throws when statements had to be cancelled.
   */
  async drain(ctx: StopContext): Promise<void> {
    const begun = systemClock.now()
    const margin = marginOf(ctx, begun)
    this.#draining = begun
    const ended = this.#finish(ctx).finally(() => {
      this.#draining = undefined
    })
    const left = ctx.deadline - margin - begun
    const inTime = await bounded(ended, left, ctx.signal, () => undefined).then(
      () => true,
      () => false,
    )
    if (inTime || ctx.signal.aborted) return
    const cancelled = await cancelStatements(this.#plain, this.#sockets, margin)
    await ended // the kernel's error names what goes on
    if (cancelled === 0) return
    const after = Math.round((systemClock.now() - begun) / 100) / 10
    throw new Error(`${cancelled} statement${cancelled === 1 ? '' : 's'} had not ended after ${after} s and had to be cancelled`)
  }

  /**
   * A connection that is reserved would be waited for beyond its release. And not `end()`: that forgets what waits for a connection, waits for
   * ever for one that was lost in the middle of a statement, and leaves a timer.
   */
  async #finish(ctx: StopContext): Promise<void> {
    while (this.#holds.count > 0) {
      if (ctx.signal.aborted) return
      await pause(LOOK)
    }
    // What comes last in line for a connection has let all others begin.
    if (this.#sockets.open.length > 0)
      await this.#sql
        .unsafe('select 1')
        .values()
        .catch(() => {})
    await this.#sockets.closed(this.#sql.close())
  }

  /** Ends the client, without waiting for what the drain has not waited for: a goodbye on each connection, which is soon destroyed. */
  async stop(ctx: StopContext): Promise<void> {
    this.#ctx = undefined
    await Promise.all([this.#sentinel.close(marginOf(ctx, systemClock.now(), 2)), this.#end()])
  }

  /** Destroys all of its sockets; who waits for an answer is told. */
  kill(): Promise<void> {
    this.#sentinel.cut()
    return this.#end()
  }

  /** The timeout of `end()` is in seconds, and that of its first call counts. */
  #end(): Promise<void> {
    return this.#sockets.destroy(this.#sql.end({ timeout: 0 }))
  }
}

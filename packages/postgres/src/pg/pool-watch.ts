import { type StartContext, type StopContext, systemClock } from '@keelson/kernel'
import type { Secrets } from '../options/secrets.js'
import { bounded } from '../watch/bounded.js'
import { LOOK, marginOf, pause } from '../watch/margins.js'
import { Sentinel } from '../watch/sentinel.js'
import { cancelStatement } from './cancel-statement.js'
import { Checkouts } from './checkouts.js'
import { type ClientLike, destroyClient, isExecuting, type PoolLike } from './pg-like.js'
import { openPgLine } from './pg-line.js'

export interface WatchOptions {
  readonly traceClients: boolean
  readonly replica: boolean
  readonly secrets: Secrets
}

/** What is known of one pool while it is a resource: its connections, who holds its clients, whether its server is there. */
export class PoolWatch {
  readonly secrets: Secrets
  readonly sentinel: Sentinel
  readonly checkouts: Checkouts
  readonly #pool: PoolLike
  readonly #open = new Set<ClientLike>()
  #ctx: Pick<StartContext, 'recheck'> | undefined
  #failing = false
  #draining = false

  constructor(pool: PoolLike, options: WatchOptions) {
    this.#pool = pool
    this.secrets = options.secrets
    this.checkouts = new Checkouts(pool, options.traceClients)
    this.sentinel = new Sentinel(
      (lost) => openPgLine(pool, lost),
      options.replica,
      () => this.#ctx?.recheck(),
    )
    pool.on('error', () => {}) // of an idle client; without a listener it would end the process
    pool.on('connect', (client: ClientLike) => this.#follow(client))
    const { _clients: earlier = [] } = pool as { _clients?: readonly ClientLike[] }
    for (const client of earlier) this.#follow(client)
  }

  /** From now on a start context hears of what happens to the pool. */
  follow(ctx: StartContext): void {
    this.#ctx = ctx
    this.#draining = false
    const { options } = this.#pool
    ctx.workload(() => this.checkouts.list(this.#draining))
    ctx.counters(() => {
      const { totalCount, idleCount, waitingCount } = this.#pool
      return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount, max: options.max ?? 10 }
    })
  }

  #follow(client: ClientLike): void {
    this.#open.add(client)
    client.on('error', () => this.#ctx?.recheck()) // also one that is checked out: nobody else listens to it
    client.on('end', () => void this.#open.delete(client))
    if (this.#failing) this.#ctx?.recheck() // the server is there again
  }

  /** @throws the driver's reason, without credentials. */
  async check(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.sentinel.ask(ms, signal)
      this.#failing = false
    } catch (error) {
      this.#failing = true
      throw this.secrets.hide(error)
    }
  }

  get #idle(): boolean {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return totalCount <= idleCount && waitingCount === 0
  }

  /**
   * Waits until every client is released and nobody waits for one. A little before the deadline the statements that are still executed are
   * cancelled, so that whoever waits for them can give back the client.
   *
   * @throws when statements had to be cancelled.
   */
  async drain(ctx: StopContext): Promise<void> {
    this.#draining = true
    const begun = systemClock.now()
    const margin = marginOf(ctx, begun)
    while (!this.#idle && systemClock.now() < ctx.deadline - margin && !ctx.signal.aborted) await pause(LOOK)
    if (this.#idle) return
    const executing = this.checkouts.clients().filter(isExecuting)
    const held = this.#holders()
    await Promise.all(executing.map(cancelStatement))
    while (!this.#idle && !ctx.signal.aborted) await pause(LOOK)
    if (!this.#idle || executing.length === 0) return // the kernel's error names who still holds clients
    const after = Math.round((systemClock.now() - begun) / 100) / 10
    throw new Error(`${plural(executing.length, 'statement')} had not ended after ${after} s and had to be cancelled: ${held}`)
  }

  /**
   * Ends the pool. `pool.end()` waits for ever for a client that was never released, and for a server that does not close: what is still
   * open after a second, or half of the time that is left, is destroyed; so are the clients that the drain has waited for in vain.
   */
  async stop(ctx: StopContext): Promise<void> {
    this.#ctx = undefined
    const limit = marginOf(ctx, systemClock.now(), 2)
    if (!this.#pool.ending) this.#pool.end().catch(() => {})
    const left = this.checkouts.clients()
    await bounded(Promise.all(left.filter(isExecuting).map(cancelStatement)), limit, undefined, () => undefined).catch(() => {})
    for (const client of left) destroyClient(client)
    await Promise.all([this.sentinel.close(limit), this.#closed(limit)])
    this.kill()
  }

  /** Destroys all of its sockets. */
  kill(): void {
    for (const client of this.#open) destroyClient(client)
    this.sentinel.cut()
  }

  async #closed(ms: number): Promise<void> {
    const until = systemClock.now() + ms
    while (this.#open.size > 0 && systemClock.now() < until) await pause(LOOK)
  }

  #holders(): string {
    const named = this.checkouts
      .list(true)
      .slice(0, 5)
      .map(({ label, sinceMs, hint }) => `${label} for ${(sinceMs / 1_000).toFixed(1)} s${hint ? ` (${hint})` : ''}`)
    const more = this.checkouts.count - named.length
    return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

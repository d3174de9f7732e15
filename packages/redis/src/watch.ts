import type { StartContext } from '@keelson/kernel'
import type { KnownSecrets } from '@keelson/kernel/redact'
import { bounded } from './bounded.js'
import type { Link } from './link.js'
import { reason } from './reason.js'
import { Release } from './release.js'

/** A reply that only says that this user may not ask: the server is there, and knows the user. */
const FORBIDDEN = /^NOPERM/

const watches = new WeakMap<object, Watch>()

/**
 * Follows one client through its life and pushes its health: unhealthy as soon as the driver has lost the connection, healthy as soon as
 * it has one again and the server answers. The driver connects again by itself; nothing is restarted, unless the driver gives up.
 */
export class Watch {
  readonly link: Link
  readonly secrets: KnownSecrets
  readonly release: Release
  readonly #ctx: StartContext
  readonly #limit: number
  readonly #replica: boolean
  readonly #unlisten: () => void
  #running = false
  #ended = false
  /** Why there is no connection, as far as the driver has said. */
  #failure: unknown
  /** Of the connection, as the server counts them. */
  #clientId: string | undefined
  /** A question on the client's own connection that is not answered yet: a blocking command may be before it. */
  #asked: Promise<unknown> | undefined

  /** `limit`: milliseconds that an answer may take; `replica`: one will do. */
  constructor(client: object, link: Link, ctx: StartContext, secrets: KnownSecrets, limit: number, replica: boolean) {
    this.link = link
    this.secrets = secrets
    this.#ctx = ctx
    this.#limit = limit
    this.#replica = replica
    this.release = new Release(link, () => ({ id: this.#clientId, inFlight: this.inFlight }))
    this.#unlisten = link.listen({
      lost: (error) => this.#lost(error),
      back: () => void this.#back(),
      gone: (error) => this.#gone(error),
      smells: () => this.#running && ctx.recheck(),
    })
    ctx.defer(() => this.end())
    ctx.counters(() => this.#counts())
    watches.set(client, this)
  }

  static of(client: object): Watch | undefined {
    return watches.get(client)
  }

  /** Its client is in use by a resource that starts, runs or stops. */
  get held(): boolean {
    return !this.#ended
  }

  /** The commands of the application that are on their way. */
  get inFlight(): number {
    const { inFlight } = this.link.counts() ?? { inFlight: 0 }
    return this.#asked === undefined ? inFlight : Math.max(0, inFlight - (this.#replica || this.link.ask === undefined ? 1 : 2))
  }

  /** The start has succeeded: what happens from now on is told. */
  begin(): void {
    this.#running = true
    if (!this.link.ready) this.#ctx.unhealthy(this.#away(this.#failure))
  }

  end(): void {
    this.#running = false
    this.#ended = true
    this.release.end()
    this.#unlisten()
  }

  /** @throws the reason why it cannot be used: the server's own reply, such as LOADING, MASTERDOWN or NOAUTH. */
  async verify(): Promise<void> {
    await Promise.all([this.#ask(), this.#identify()])
  }

  /**
   * One health check. The client's own connection is asked; when other commands are before the question, another connection is, for a
   * blocking command such as BRPOP holds up all that comes after it.
   */
  async check(ms: number, signal: AbortSignal): Promise<void> {
    try {
      if (!this.link.ready) throw this.#away(await this.whyAway(ms, signal))
      const blocked = this.#asked !== undefined
      const aside = this.link.side !== undefined && (blocked || this.inFlight > 0)
      const wait = aside ? ms / (blocked ? 10 : 2) : ms
      const late = noAnswer(ms)
      const asked = bounded(this.#asked ?? this.#ask(), wait, signal, () => late)
      const silent = await asked.then(
        () => false,
        (error) => {
          if (aside && error === late) return true
          throw error
        },
      )
      if (silent) await this.#aside(ms / 2, signal)
    } catch (error) {
      throw this.secrets.hide(reason(error))
    }
  }

  /** The reason of this moment why there is no connection that can be used. */
  async whyAway(ms: number, signal: AbortSignal): Promise<unknown> {
    if (this.link.side === undefined) return this.#failure ?? new Error('there is no connection')
    try {
      await this.#aside(ms, signal)
      return this.link.ready ? undefined : new Error('the server answers again, but the client is not connected yet')
    } catch (error) {
      return this.secrets.hide(reason(error))
    }
  }

  #ask(): Promise<unknown> {
    const asked = Promise.all([this.link.ping().catch(unlessForbidden), this.#replica ? undefined : this.#checkRole()])
    this.#asked = asked
    const answered = () => {
      if (this.#asked === asked) this.#asked = undefined
    }
    asked.then(answered, answered)
    return asked
  }

  /** @throws Error READONLY of a client that is connected to a replica, where every write would fail. */
  async #checkRole(): Promise<void> {
    // Who may not ask, or cannot in the middle of a subscription, is not told.
    const info = await this.link.ask?.('INFO', 'replication').catch(() => '')
    if (!/^role:slave/m.test(String(info)) || !/^slave_read_only:1/m.test(String(info))) return
    throw new Error(
      'READONLY the server is a replica and takes no writes: connect to its primary, or say replica: true where one will do',
    )
  }

  async #identify(): Promise<void> {
    const id = await this.link.ask?.('CLIENT', 'ID').catch(() => undefined)
    this.#clientId = id === undefined ? undefined : String(id)
  }

  async #aside(ms: number, signal: AbortSignal): Promise<void> {
    const side = this.link.side!()
    const unlisten = side.listen({ lost() {}, back() {}, gone() {}, smells() {} })
    try {
      const asked = side.connect().then(() => side.ping().catch(unlessForbidden))
      await bounded(asked, ms, signal, () => noAnswer(ms))
    } finally {
      unlisten()
      side.destroy()
    }
  }

  #lost(error: unknown): void {
    this.#failure = this.secrets.hide(reason(error))
    this.#clientId = undefined
    if (this.#running) this.#ctx.unhealthy(this.#away(this.#failure))
  }

  async #back(): Promise<void> {
    if (!this.#running) return
    try {
      await bounded(this.verify(), this.#limit, this.#ctx.stopping, () => noAnswer(this.#limit))
      if (this.#running && this.link.ready) this.#ctx.healthy()
    } catch (error) {
      if (!this.#running) return
      this.#ctx.unhealthy(this.secrets.hide(reason(error)))
      this.#ctx.recheck()
    }
  }

  #gone(error: unknown): void {
    const failure = this.secrets.hide(reason(error))
    this.#failure = failure
    if (this.#running)
      this.#ctx.crashed(new Error(`the client does not connect again: ${messageOf(failure)}`, { cause: failure }))
  }

  #away(failure: unknown): unknown {
    const queued = this.link.counts()?.queued ?? 0
    const why = failure ?? new Error('there is no connection')
    if (queued === 0) return why
    const commands = queued === 1 ? '1 command waits' : `${queued} commands wait`
    return new Error(`${messageOf(why)}; ${commands} for the connection`, { cause: why })
  }

  #counts(): Record<string, number> {
    const { queued } = this.link.counts() ?? {}
    return queued === undefined ? {} : { inFlight: this.inFlight, queued }
  }
}

function unlessForbidden(error: unknown): void {
  if (!FORBIDDEN.test(messageOf(error))) throw error
}

function noAnswer(ms: number): Error {
  return new Error(`the server has not answered within ${Math.round(ms)} ms`)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

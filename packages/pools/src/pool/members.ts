import { cannotOpen, connectionLost, failingServer, openTimedOut, pingFailed, type ServerName } from '../errors.js'
import { followSignal } from '../wait/follow-signal.js'
import { withSignal } from '../wait/with-signal.js'
import { Failures } from './backoff.js'
import { Closings } from './closings.js'
import type { Connection } from './connection.js'
import { Member } from './member.js'
import type { ServerPoolOptions } from './server-pool-options.js'

/** The connections of one server: opens them, replaces those that end, keeps `keep` of them open, and closes idle and unresponsive ones. */
export class Members<T> {
  readonly failures: Failures
  readonly #name: ServerName
  readonly #open: (signal: AbortSignal) => Promise<Connection<T>>
  readonly #options: ServerPoolOptions
  readonly #onLost: (member: Member<T>, error: Error) => void
  readonly #members = new Set<Member<T>>()
  readonly #closings = new Closings()
  readonly #end = new AbortController()
  #keep: number
  #refillTimer: unknown
  #created = 0
  #destroyed = 0

  constructor(
    name: ServerName,
    open: (signal: AbortSignal) => Promise<Connection<T>>,
    options: ServerPoolOptions,
    onLost: (member: Member<T>, error: Error) => void,
  ) {
    this.#onLost = onLost
    this.#name = name
    this.#open = open
    this.#options = options
    this.#keep = options.keep
    this.failures = new Failures(options.backoff)
  }

  /** The number of connections that are open or being opened. */
  get live(): number {
    return this.#members.size
  }

  /** Whether a connection is open. */
  get works(): boolean {
    return [...this.#members].some(({ connection }) => connection !== undefined)
  }

  stats(): { size: number; idle: number; busy: number; created: number; destroyed: number } {
    let idle = 0
    for (const member of this.#members) if (member.idle) idle++
    const size = this.#created - this.#destroyed
    return { size, idle, busy: size - idle, created: this.#created, destroyed: this.#destroyed }
  }

  /** A connection with room for one more caller, opened if necessary. */
  async bind(): Promise<Member<T>> {
    const { share, max } = this.#options
    this.#discardSpent()
    const roomy = [...this.#members].filter((member) => member.usable && member.slots < share)
    const chosen = roomy.find(({ pinging }) => pinging === undefined) ?? (this.#members.size < max ? undefined : roomy[0])
    const member = chosen ?? this.#begin()
    member.slots++
    await member.ready
    await member.pinging
    return member
  }

  /** Opens as many as `keep` asks for; resolves when all attempts have settled. */
  async refill(): Promise<void> {
    const missing = this.#keep - this.#members.size
    if (missing <= 0 || this.#end.signal.aborted) return
    const wait = this.failures.wait(this.#options.clock.now())
    if (wait > 0) return this.#refillLater(wait)
    await Promise.allSettled(Array.from({ length: missing }, () => this.#begin().ready))
  }

  /** Resolves when every opening in progress has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#members].map(({ ready }) => ready))
  }

  /** Resolves as soon as one is open; rejects when every opening in progress has failed. */
  async oneIsOpen(): Promise<void> {
    await Promise.any([...this.#members].map(({ ready }) => ready))
  }

  /** Pings the idle connections (all of them, if they are shared); one that does not answer within `pingTimeout` is closed. */
  async ping(): Promise<void> {
    const asked = [...this.#members].filter((member) => member.idle || this.#options.share > 1)
    await Promise.all(asked.map((member) => this.#ping(member)))
  }

  /** Why the server cannot be used; undefined when it can. Opens a connection if the last one failed and the backoff allows it. */
  async attempt(signal: AbortSignal): Promise<Error | undefined> {
    const { failures } = this
    if (failures.count === 0 || this.works) return undefined
    const [member] = this.#members
    if (member === undefined && failures.wait(this.#options.clock.now()) > 0) return failures.error
    await this.#try(member ?? this.#begin(), signal)
    return this.works ? undefined : failures.error
  }

  /** Closes connections that have been idle for too long, down to `keep`. */
  trim(now: number): void {
    this.#discardSpent()
    for (const member of this.#members) {
      if (this.#members.size <= this.#keep) return
      if (!member.idle) continue
      member.idleSince ??= now
      if (now - member.idleSince >= this.#options.idleTimeout) this.discard(member)
    }
  }

  /** Called when a caller has given a connection back. */
  returned(member: Member<T>): void {
    if (member.out) return
    member.idleSince = undefined
    if (member.usable) {
      if (this.failures.count > 0) this.failures.succeeded()
    } else if (member.lent === 0) this.discard(member)
  }

  /** Removes a connection and closes it; `close()` reports if that fails. */
  discard(member: Member<T>, grace = this.#options.grace): void {
    const { connection } = member
    if (connection === undefined || member.out) return
    this.#takeOut(member)
    this.#closings.add(connection, grace)
    void this.refill()
  }

  /** Stops replacing connections that end. */
  keepNone(): void {
    this.#keep = 0
    this.#options.clock.clearTimeout(this.#refillTimer)
  }

  /** Closes all of them at the same time, those that are being opened too, and waits for their end. */
  async close(grace: number, reason: Error): Promise<void> {
    this.keepNone()
    this.#end.abort(reason)
    const opening = [...this.#members].filter(({ connection }) => connection === undefined).map(({ ready }) => ready)
    for (const member of this.#members) this.discard(member, grace)
    this.#closings.shortenGrace(grace)
    await Promise.allSettled(opening)
    await this.#closings.settled(this.#name.server)
  }

  /** Ends them without waiting. */
  kill(): void {
    for (const { connection } of this.#members) connection?.kill()
    this.#closings.kill()
  }

  #begin(): Member<T> {
    const now = this.#options.clock.now()
    const member = new Member<T>(now)
    const wait = this.failures.wait(now)
    if (wait > 0) {
      member.out = true
      member.ready = Promise.reject(failingServer(this.#name, this.failures.count, wait, this.failures.error))
    } else {
      this.#members.add(member)
      member.ready = this.#connect(member)
    }
    member.ready.catch(() => {})
    return member
  }

  async #connect(member: Member<T>): Promise<void> {
    const { clock, startTimeout } = this.#options
    const { controller, unsubscribe } = followSignal(this.#end.signal)
    const timer = startTimeout === Infinity ? undefined : clock.setTimeout(() => controller.abort(), startTimeout)
    try {
      const connection = await this.#open(controller.signal)
      member.connection = connection
      this.#created++
      connection.onLost((why) => this.#lost(member, connectionLost(this.#name, connection.label, why)))
      if (this.#end.signal.aborted) this.discard(member, 0)
    } catch (error) {
      this.#members.delete(member)
      member.out = true
      if (this.#end.signal.aborted) throw this.#end.signal.reason
      const why = controller.signal.aborted ? openTimedOut(this.#name, startTimeout) : cannotOpen(this.#name, error)
      this.failures.failed(why, member.begunAt, clock.now())
      void this.refill()
      throw why
    } finally {
      unsubscribe()
      if (timer !== undefined) clock.clearTimeout(timer)
    }
  }

  #lost(member: Member<T>, error: Error): void {
    if (member.out || member.connection === undefined) return
    this.#takeOut(member)
    this.failures.failed(error, member.begunAt, this.#options.clock.now())
    this.#onLost(member, error)
    this.#closings.add(member.connection, 0)
    void this.refill()
  }

  #takeOut(member: Member<T>): void {
    member.out = true
    this.#members.delete(member)
    this.#destroyed++
    member.ping?.abort()
  }

  async #ping(member: Member<T>): Promise<void> {
    const { connection } = member
    if (connection?.ping === undefined || member.ping !== undefined) return
    const { clock, pingTimeout } = this.#options
    const controller = new AbortController()
    const timer = clock.setTimeout(() => controller.abort(new Error(`no answer within ${pingTimeout} ms`)), pingTimeout)
    member.ping = controller
    const asked = withSignal(connection.ping(controller.signal), controller.signal).then(
      () => this.failures.succeeded(),
      (cause: unknown) => this.#lost(member, pingFailed(this.#name, connection.label, cause)),
    )
    if (member.idle) member.pinging = asked
    await asked
    member.pinging = undefined
    member.ping = undefined
    clock.clearTimeout(timer)
  }

  /** Waits for an opening, and pings the connection if it can be pinged. */
  async #try(member: Member<T>, signal: AbortSignal): Promise<void> {
    try {
      await withSignal(member.ready, signal)
    } catch {
      return // counted in `failures`
    }
    if (member.connection?.ping === undefined) this.failures.succeeded()
    else await withSignal(this.#ping(member), signal)
  }

  /** Idle ones only: `returned()` discards a lent one after its last caller. */
  #discardSpent(): void {
    for (const member of this.#members) if (member.idle && !member.usable) this.discard(member)
  }

  #refillLater(wait: number): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#refillTimer)
    this.#refillTimer = clock.setTimeout(() => void this.refill(), wait, { unref: true })
  }
}

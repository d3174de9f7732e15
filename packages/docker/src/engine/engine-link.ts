import { setMaxListeners } from 'node:events'
import type { Clock } from '@keelson/kernel'
import type { DockerLike } from './docker-like.js'
import { reasonOf } from './reason-of.js'
import { Slots } from './slots.js'
import { pause, unlessAborted, within } from './within.js'

/** The highest number of concurrent requests, not counting the event stream. */
const IN_FLIGHT = 20
/** How many of them may be restarts, which take as long as a container takes to stop: the rest is for checks. */
const RESTARTS = 10
const PING_TIMEOUT = 5_000
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 5_000

/** What a link needs besides the client. */
export interface LinkMeans {
  /** Closes connections that nobody uses. */
  closeIdle(): void
  /** The error itself, or one like it where that has a secret of the options in it. */
  hide(error: unknown): unknown
}

export interface LinkWatcher {
  lost(error: Error): void
  back(awayMs: number): void
}

/** The engine was lost during a restart, which is not repeated; whether the container was restarted is not known. */
export class EngineLost extends Error {}

/** The engine resource has stopped; no request can be made any more. */
export class LinkClosed extends Error {}

/**
 * Requests to one engine. While the engine is away they wait until it is back: an engine that cannot be reached says nothing about
 * its containers.
 */
export class EngineLink {
  readonly docker: DockerLike
  readonly clock: Clock
  readonly #slots = new Slots(IN_FLIGHT)
  readonly #restarts = new Slots(RESTARTS)
  readonly #watchers = new Set<LinkWatcher>()
  readonly #end = new AbortController()
  #pinging: Promise<Error | undefined> | undefined
  #returning: Promise<void> | undefined
  /** Whether the engine has answered a ping since the start. */
  answered = false
  /** Why the engine cannot be reached; undefined while it can. */
  away: Error | undefined
  /** When `away` changed last, in ms since the epoch. */
  since: number

  readonly #means: LinkMeans

  constructor(docker: DockerLike, clock: Clock, means: LinkMeans) {
    this.docker = docker
    this.clock = clock
    this.#means = means
    this.since = clock.now()
    setMaxListeners(0, this.#end.signal)
  }

  get requests(): { inFlight: number; highest: number } {
    return { inFlight: this.#slots.taken, highest: this.#slots.highest }
  }

  watch(watcher: LinkWatcher): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  close(): void {
    this.#end.abort(new LinkClosed('the engine resource has stopped'))
  }

  /**
   * Makes a request that may take `timeout` ms once it is sent; resolves to the answer and how long it took. Waits while the engine is
   * away. A request that was interrupted by the loss of the engine is repeated, unless it is a restart. `who` is called late when it is.
   *
   * @throws the engine's error response; a timeout when the engine still answers pings; `EngineLost` for a restart; `LinkClosed`; the
   * signal's reason.
   */
  async ask<T>(
    timeout: number,
    signal: AbortSignal,
    question: (signal: AbortSignal) => Promise<T>,
    { restart = false, who = 'the engine' } = {},
  ): Promise<{ value: T; ms: number }> {
    let repeated = false
    for (;;) {
      await this.back(signal)
      if (this.#end.signal.aborted) throw this.#end.signal.reason
      const release = await this.#turn(signal, restart)
      const since = this.clock.now()
      let failure: unknown
      try {
        const late = () => new LateAnswer(`${who} did not answer within ${timeout} ms`)
        const value = await within(this.clock, timeout, signal, late, question)
        return { value, ms: this.clock.now() - since }
      } catch (error) {
        failure = error
      } finally {
        release()
      }
      signal.throwIfAborted()
      if (answered(failure)) throw failure
      const there = await this.isThere()
      signal.throwIfAborted()
      if (!there && restart) throw new EngineLost('the engine went away before it answered', { cause: failure })
      if (there && (restart || repeated || failure instanceof LateAnswer)) throw this.#means.hide(failure)
      repeated = there
    }
  }

  /** Resolves when the engine can be reached: at once unless it is away. */
  async back(signal: AbortSignal): Promise<void> {
    while (this.#returning !== undefined) await unlessAborted(signal, this.#returning)
    signal.throwIfAborted()
  }

  async isThere(): Promise<boolean> {
    return (await this.whyAway()) === undefined
  }

  /** Pings the engine unless it is known to be away; a failed ping makes it away. Resolves to the error, if there is one. */
  async whyAway(): Promise<Error | undefined> {
    if (this.away !== undefined) return this.away
    const error = await this.ping()
    if (error !== undefined) this.#lose(error)
    return error
  }

  /** Pings the engine; concurrent calls share one ping. Resolves to the error, if there is one. */
  ping(): Promise<Error | undefined> {
    this.#pinging ??= this.#ping().finally(() => {
      this.#pinging = undefined
    })
    return this.#pinging
  }

  async #ping(): Promise<Error | undefined> {
    const { signal } = this.#end
    let release = () => {}
    try {
      release = await this.#slots.take(signal, true)
      const late = () => new Error(`the engine did not answer a ping within ${PING_TIMEOUT} ms`)
      await within(this.clock, PING_TIMEOUT, signal, late, (abortSignal) => this.docker.ping({ abortSignal }))
      this.answered = true
      return undefined
    } catch (thrown) {
      const error = this.#means.hide(thrown)
      return error instanceof Error && error.message !== '' ? error : new Error(reasonOf(error), { cause: error })
    } finally {
      release()
    }
  }

  async #turn(signal: AbortSignal, restart: boolean): Promise<() => void> {
    if (!restart) return this.#slots.take(signal)
    const first = await this.#restarts.take(signal)
    try {
      const second = await this.#slots.take(signal)
      return () => {
        first()
        second()
      }
    } catch (error) {
      first()
      throw error
    }
  }

  #lose(error: Error): void {
    if (this.away !== undefined || this.#end.signal.aborted) return
    this.away = error
    this.since = this.clock.now()
    this.#returning = this.#return()
    this.#returning.catch(() => {}) // rejects only when the link is closed
    for (const watcher of [...this.#watchers]) watcher.lost(error)
  }

  async #return(): Promise<void> {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      await pause(this.clock, wait, this.#end.signal)
      // An engine that is shutting down still answers on open connections: it is back when it accepts a new one.
      this.#means.closeIdle()
      const error = await this.ping()
      if (error === undefined) break
      this.away = error
    }
    this.away = undefined
    this.#returning = undefined
    const lostAt = this.since
    this.since = this.clock.now()
    for (const watcher of [...this.#watchers]) watcher.back(this.since - lostAt)
  }
}

class LateAnswer extends Error {}

/** Whether the error is a response about the request. A 5xx may come from an engine that is shutting down. */
function answered(error: unknown): boolean {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode < 500
}

import { setMaxListeners } from 'node:events'
import type { Clock } from '@keelson/kernel'
import type { DockerLike } from './docker-like.js'
import { reasonOf } from './reason-of.js'
import { Slots } from './slots.js'
import { pause, within } from './within.js'

/** How many requests may be at the engine at the same time; the event stream is not one of them. */
const IN_FLIGHT = 20
/** How many of them may be restarts: each takes as long as its container takes to stop, and the checks of the others go on. */
const RESTARTS = 10
const PING_TIMEOUT = 5_000
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 5_000

export interface LinkWatcher {
  lost(error: Error): void
  back(awayMs: number): void
}

/** A request that is not to be repeated met an engine that went away; whether it had an effect is not known. */
export class EngineLost extends Error {}

/** The engine resource has stopped: nothing more can be asked by this way. */
export class LinkClosed extends Error {}

/**
 * The way to one engine. Whoever asks while the engine is away waits until it is back: an engine that cannot be reached says
 * nothing about any container.
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
  /** Whether it ever answered. */
  met = false
  /** Why it cannot be reached; undefined while it can. */
  away: Error | undefined
  /** When it was lost or came back, in ms since the epoch. */
  since: number

  readonly #closeIdle: () => void

  constructor(docker: DockerLike, clock: Clock, closeIdle: () => void = () => {}) {
    this.docker = docker
    this.clock = clock
    this.#closeIdle = closeIdle
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
   * Asks the engine, at most `timeout` ms from the moment the request goes out; resolves to the answer and how long it took.
   * While the engine is away this waits. What was interrupted by its leaving is asked again, unless it is a restart.
   *
   * @throws what the engine answered, a timeout while the engine answers others, `EngineLost` of a restart, `LinkClosed`, the
   * signal's reason.
   */
  async ask<T>(
    timeout: number,
    signal: AbortSignal,
    question: (signal: AbortSignal) => Promise<T>,
    { restart = false } = {},
  ): Promise<{ value: T; ms: number }> {
    let repeated = false
    for (;;) {
      await this.back(signal)
      if (this.#end.signal.aborted) throw this.#end.signal.reason
      const release = await this.#turn(signal, restart)
      const since = this.clock.now()
      let failure: unknown
      try {
        const late = () => new LateAnswer(`the engine did not answer within ${timeout} ms`)
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
      if (there && (restart || repeated || failure instanceof LateAnswer)) throw failure
      repeated = there
    }
  }

  /** Resolves when the engine can be reached: mostly at once. */
  async back(signal: AbortSignal): Promise<void> {
    while (this.#returning !== undefined) {
      await within(
        this.clock,
        Infinity,
        signal,
        () => new Error(),
        () => this.#returning!,
      )
    }
    signal.throwIfAborted()
  }

  async isThere(): Promise<boolean> {
    return (await this.trouble()) === undefined
  }

  /** Asks for a sign of life; one that is missing makes the engine away. Resolves to what is wrong. */
  async trouble(): Promise<Error | undefined> {
    if (this.away !== undefined) return this.away
    const error = await this.ping()
    if (error !== undefined) this.#lose(error)
    return error
  }

  /** Asks once for however many ask at the same time. Resolves to what is wrong with the engine. */
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
      this.met = true
      return undefined
    } catch (error) {
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
    this.#returning.catch(() => {}) // it only rejects when the link is closed
    for (const watcher of [...this.#watchers]) watcher.lost(error)
  }

  async #return(): Promise<void> {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      await pause(this.clock, wait, this.#end.signal)
      // An engine that leaves goes on answering over the connections that it has: it is back when it takes a new one.
      this.#closeIdle()
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

/** Whether the engine itself said so. An engine that is shutting down answers some requests with a 5xx. */
function answered(error: unknown): boolean {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode < 500
}

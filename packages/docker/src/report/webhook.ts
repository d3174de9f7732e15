import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { Clock } from '@keelson/kernel'
import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'
import { reasonOf } from '../engine/reason-of.js'
import { shownAsJson } from '../engine/shown.js'
import { pause, within } from '../engine/within.js'
import type { MonitorEvent, MonitorEventType } from '../watch/monitor-events.js'

export interface AlertOptions {
  /** http or https; each alert is POSTed to it as JSON. It may contain a token: messages show only its host. */
  url: string
  /** Sent with every alert. */
  headers?: Readonly<Record<string, string>>
  /** The events that are posted; default `give-up`, `recovery`, `engine-lost` and `engine-back`. */
  events?: readonly MonitorEventType[]
  /** How many times one alert is tried; default 5. */
  attempts?: number
  /** Milliseconds before the second try, doubling with each further one up to 30_000; default 1_000. */
  delay?: number
  /** Milliseconds that one try may take; default 10_000. */
  timeout?: number
  /** How many alerts may wait; beyond it the oldest are dropped, and the next alert says how many. Default 1_000. */
  queue?: number
}

const DEFAULT_EVENTS: readonly MonitorEventType[] = ['give-up', 'recovery', 'engine-lost', 'engine-back']
const LONGEST_DELAY = 30_000
/** Milliseconds that a stop waits for the alerts in the queue. */
const CLOSE_TIMEOUT = 3_000

/** Posts alerts one at a time, in their order. */
export class Webhook {
  readonly #options: Required<AlertOptions>
  readonly #clock: Clock
  readonly #problem: (reason: string) => void
  readonly #secrets: KnownSecrets
  readonly #ending = new AbortController()
  readonly #waiting: MonitorEvent[] = []
  #dropped = 0
  #posting: Promise<void> | undefined
  #closing = false

  constructor(options: AlertOptions, clock: Clock, problem: (reason: string) => void) {
    this.#options = { headers: {}, events: DEFAULT_EVENTS, attempts: 5, delay: 1_000, timeout: 10_000, queue: 1_000, ...options }
    this.#clock = clock
    this.#problem = problem
    this.#secrets = knownSecrets(secretsOf(this.#options))
  }

  tell(event: MonitorEvent): void {
    if (this.#closing || !this.#options.events.includes(event.type)) return
    this.#waiting.push(event)
    if (this.#waiting.length > this.#options.queue) {
      this.#waiting.shift()
      this.#dropped++
    }
    this.#posting ??= this.#postAll()
  }

  /** Delivers the alerts that are waiting, for at most 3 s. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#posting === undefined) return
    const { signal } = this.#ending
    await within(
      this.#clock,
      CLOSE_TIMEOUT,
      signal,
      () => new Error(),
      () => this.#posting!,
    ).catch(() => {})
    this.#ending.abort(new Error('the monitor has stopped'))
    await this.#posting
    if (this.#waiting.length > 0) this.#problem(`${this.#waiting.length} alerts were not delivered before the stop`)
  }

  /** At least one is waiting when this is called. */
  async #postAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#ending.signal.aborted) {
      const event = this.#waiting[0]!
      const dropped = this.#dropped
      const failure = await this.#deliver(shownAsJson(dropped > 0 ? { ...event, dropped } : event))
      if (this.#ending.signal.aborted) return
      // It may have been dropped from the queue while it was being posted.
      if (this.#waiting[0] === event) this.#waiting.shift()
      if (failure === undefined) this.#dropped -= dropped
      else {
        this.#dropped++
        this.#problem(`an alert was not delivered to ${new URL(this.#options.url).host}: ${failure}`)
      }
    }
    // In the same turn as the last look at the queue, so that a later alert starts a new run.
    this.#posting = undefined
  }

  /** Resolves to why the alert was not delivered; undefined when it was. */
  async #deliver(body: string): Promise<string | undefined> {
    const { attempts, delay, timeout } = this.#options
    const { signal } = this.#ending
    let failure: string | undefined
    for (let attempt = 1; ; attempt++) {
      try {
        const late = () => new Error(`no answer within ${timeout} ms`)
        const status = await within(this.#clock, timeout, signal, late, (inner) => this.#post(body, inner))
        if (status < 300) return undefined
        failure = `it answered ${status}`
        // A client error is permanent, except for 408 and 429.
        if (status < 500 && status !== 408 && status !== 429) return failure
      } catch (error) {
        failure = reasonOf(this.#secrets.hide(error))
      }
      if (attempt >= attempts || signal.aborted) return failure
      await pause(this.#clock, Math.min(LONGEST_DELAY, delay * 2 ** (attempt - 1)), signal).catch(() => {})
    }
  }

  #post(body: string, signal: AbortSignal): Promise<number> {
    const { url, headers } = this.#options
    const post = url.startsWith('https:') ? secureRequest : request
    const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers }
    return new Promise((resolve, reject) => {
      const asked = post(url, { method: 'POST', headers: all, agent: false, signal }, (response) => {
        response.on('error', reject)
        resolve(response.statusCode ?? 0)
        asked.destroy() // the body may have no end
      })
      asked.on('error', reject).end(body)
    })
  }
}

/** What may be a secret in the options. A long part of the path may be a token. */
function secretsOf({ url, headers }: Required<AlertOptions>): string[] {
  const { username, password, pathname, search, searchParams } = new URL(url)
  const parts = pathname.split('/').filter((part) => part.length >= 16)
  return [url, username, password, search, ...parts, ...searchParams.values(), ...Object.values(headers)]
}

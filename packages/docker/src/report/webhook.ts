import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { hostname } from 'node:os'
import type { Clock } from '@keelson/kernel'
import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'
import { reasonOf } from '../engine/reason-of.js'
import { shownAsJson } from '../engine/shown.js'
import { pause, within } from '../engine/within.js'
import type { MonitorEvent, MonitorEventType } from '../watch/monitor-events.js'
import type { Alert, AlertNews } from './alert.js'
import { AlertFold } from './alert-fold.js'
import { type AlertFormat, formatted } from './alert-format.js'

export interface AlertOptions {
  /** http or https; each alert is POSTed to it as JSON. It may contain a token: messages show only its host. */
  url: string
  /** Sent with every alert. */
  headers?: Readonly<Record<string, string>>
  /** How it is written; default `'json'`. `'pagerduty'` needs a `routingKey`; the URL of `'alertmanager'` ends in `/api/v2/alerts`. */
  format?: AlertFormat
  /** Of PagerDuty: the integration key. */
  routingKey?: string
  /** The machine in the alerts; default the name of this one. */
  host?: string
  /**
   * The events that are posted; default `down`, `recovery`, `give-up`, `engine-lost` and `engine-back`. A container that was told to be down
   * is told to be up, or gone, whatever is listed.
   */
  events?: readonly MonitorEventType[]
  /** How many alerts about containers are posted in a minute; what is more is folded into one alert. Default 20. */
  fold?: number
  /** How many times one alert is tried; default 5. */
  attempts?: number
  /** Milliseconds before the second try, doubling with each further one up to 30_000; default 1_000. */
  delay?: number
  /** Milliseconds that one try may take; default 10_000. */
  timeout?: number
  /** How many alerts may wait; beyond it the oldest are dropped, and the next alert says how many. Default 1_000. */
  queue?: number
}

/** What has become of the alerts so far. */
export interface AlertCounts {
  readonly delivered: number
  /** They were refused, or not taken in any try: a `problem` event each, with what they said. */
  readonly failed: number
  /** The queue was full. */
  readonly dropped: number
  readonly waiting: number
}

const DEFAULT_EVENTS: readonly MonitorEventType[] = ['down', 'recovery', 'give-up', 'engine-lost', 'engine-back']
const LONGEST_DELAY = 30_000
/** Milliseconds that a stop waits for the alerts in the queue. */
const CLOSE_TIMEOUT = 3_000

/** Posts alerts one at a time, in their order. */
export class Webhook {
  readonly #options: Required<Omit<AlertOptions, 'routingKey'>> & Pick<AlertOptions, 'routingKey'>
  readonly #monitor: string
  readonly #clock: Clock
  readonly #problem: (reason: string) => void
  readonly #secrets: KnownSecrets
  readonly #fold: AlertFold
  readonly #ending = new AbortController()
  readonly #waiting: Alert[] = []
  /** Lost since the last alert that was delivered. */
  #lost = 0
  #counts = { delivered: 0, failed: 0, dropped: 0 }
  #posting: Promise<void> | undefined
  #closing = false

  constructor(monitor: string, options: AlertOptions, clock: Clock, problem: (reason: string) => void) {
    this.#options = {
      headers: {},
      format: 'json',
      host: hostname(),
      events: DEFAULT_EVENTS,
      fold: 20,
      attempts: 5,
      delay: 1_000,
      timeout: 10_000,
      queue: 1_000,
      ...options,
    }
    this.#monitor = monitor
    this.#clock = clock
    this.#problem = problem
    this.#secrets = knownSecrets(secretsOf(this.#options))
    this.#fold = new AlertFold(this.#options.fold, new Set(this.#options.events), clock, (news) => this.#post(news))
  }

  get counts(): AlertCounts {
    return { ...this.#counts, waiting: this.#waiting.length }
  }

  tell(event: MonitorEvent): void {
    if (!this.#closing) this.#fold.tell(event)
  }

  /** Delivers the alerts that are waiting, for at most 3 s. */
  async close(): Promise<void> {
    this.#fold.close()
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

  #post({ about, at, ...news }: AlertNews): void {
    const { host, queue } = this.#options
    const source = { monitor: this.#monitor, host }
    const alert = { ...news, at: new Date(at).toISOString(), ...source, key: `${this.#monitor}/${host}/${about}` }
    this.#waiting.push(JSON.parse(shownAsJson(alert)) as Alert)
    if (this.#waiting.length > queue) {
      this.#waiting.shift()
      this.#counts.dropped++
      this.#lost++
    }
    this.#posting ??= this.#postAll()
  }

  /** At least one is waiting when this is called. */
  async #postAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#ending.signal.aborted) {
      const alert = this.#waiting[0]!
      const lost = this.#lost
      const failure = await this.#deliver(lost > 0 ? { ...alert, dropped: lost } : alert)
      if (this.#ending.signal.aborted && failure !== undefined) return
      // It may have been dropped from the queue while it was being posted.
      if (this.#waiting[0] === alert) this.#waiting.shift()
      if (failure === undefined) {
        this.#lost -= lost
        this.#counts.delivered++
      } else {
        this.#lost++
        this.#counts.failed++
        this.#problem(`an alert was not delivered to ${new URL(this.#options.url).host}: ${failure}; it said: ${alert.summary}`)
      }
    }
    // In the same turn as the last look at the queue, so that a later alert starts a new run.
    this.#posting = undefined
  }

  /** Resolves to why the alert was not delivered; undefined when it was, or is not to be. */
  async #deliver(alert: Alert): Promise<string | undefined> {
    const { attempts, delay, timeout, format, routingKey } = this.#options
    const { signal } = this.#ending
    let body: string | undefined
    try {
      body = JSON.stringify(formatted(alert, { format, routingKey }))
    } catch (error) {
      return `its format failed: ${reasonOf(this.#secrets.hide(error))}`
    }
    if (body === undefined) return undefined
    let failure: string | undefined
    for (let attempt = 1; ; attempt++) {
      try {
        const late = () => new Error(`no answer within ${timeout} ms`)
        const status = await within(this.#clock, timeout, signal, late, (inner) => this.#send(body, inner))
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

  #send(body: string, signal: AbortSignal): Promise<number> {
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
function secretsOf({ url, headers = {}, routingKey }: AlertOptions): string[] {
  const { username, password, pathname, search, searchParams } = new URL(url)
  const parts = pathname.split('/').filter((part) => part.length >= 16)
  return [url, username, password, search, ...parts, ...searchParams.values(), ...Object.values(headers), routingKey ?? '']
}

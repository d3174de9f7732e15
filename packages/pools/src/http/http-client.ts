import { type Dispatcher, type RequestInit, type Response, Pool as UndiciPool, fetch as undiciFetch } from 'undici'
import { httpFailed, type ServerName } from '../errors.js'
import type { PoolStats } from '../pool/pool-stats.js'
import { type HttpErrors, namedErrors } from './http-errors.js'
import { type HttpLimits, undiciOptions } from './undici-options.js'

/** The options of a request: those of `undici.request` without origin and path. */
export type HttpRequest = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> & { method?: Dispatcher.HttpMethod }

/** Requests to one server over its pool of connections. Every error names the server. */
export interface HttpClient
  extends Pick<PooledHttpClient, 'name' | 'url' | 'dispatcher' | 'failure' | 'request' | 'fetch' | 'stats'> {}

/** What the pool has of it besides. */
export class PooledHttpClient {
  /** The server, and the pool that it belongs to. */
  readonly name: ServerName
  readonly url: string
  /** For APIs that take an undici dispatcher, such as `fetch(…, { dispatcher })`. */
  readonly dispatcher: Dispatcher
  readonly #pool: UndiciPool
  readonly #errors: HttpErrors
  #created = 0
  #destroyed = 0
  #failure: Error | undefined

  constructor(name: ServerName, url: string, limits: HttpLimits) {
    this.name = name
    this.url = url
    this.#errors = namedErrors(name, limits)
    this.#pool = new UndiciPool(new URL(url).origin, undiciOptions(limits))
    this.#pool.on('connect', () => {
      this.#created++
      this.#failure = undefined
    })
    this.#pool.on('disconnect', () => void this.#destroyed++)
    this.#pool.on('connectionError', (_origin, _targets, error) => {
      this.#failure = this.#errors.explain(error)
    })
    this.dispatcher = this.#pool.compose(ownOrigin(name, new URL(url).origin), this.#errors.interceptor)
  }

  /**
   * `undici.request` to a path of the server. Faster than `fetch`; the body must be read or dumped.
   *
   * @throws KeelsonError `TIMEOUT`, `START_FAILED` when the server cannot be connected to, `CRASHED` when it hung up.
   */
  request(path: string, options: HttpRequest = {}): Promise<Dispatcher.ResponseData> {
    return this.dispatcher.request({ method: 'GET', ...options, path: this.#pathOf(path) })
  }

  /**
   * `fetch` of a path of the server.
   *
   * @throws as `request`. A body that breaks off rejects its reading with a `TypeError` whose `cause` is such an error.
   */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await undiciFetch(new URL(this.url).origin + this.#pathOf(path), { ...init, dispatcher: this.dispatcher })
    } catch (error) {
      throw this.#errors.of(error)
    }
  }

  /** Why the last connection attempt failed; undefined after one that succeeded. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** The error for the caller of a call that failed with `error`. */
  blame(error: unknown): unknown {
    return this.#errors.of(error)
  }

  stats(): PoolStats {
    const { connected, free, pending } = this.#pool.stats
    const idle = Math.min(free, connected)
    return {
      size: connected,
      idle,
      busy: connected - idle,
      waiting: pending,
      created: this.#created,
      destroyed: this.#destroyed,
    }
  }

  /** Refuses new requests, and resolves when those in flight have their whole answers. */
  close(): Promise<void> {
    return this.#pool.closed || this.#pool.destroyed ? Promise.resolve() : this.#pool.close()
  }

  /** Aborts what is in flight with `reason`. */
  async destroy(reason: Error): Promise<void> {
    if (!this.#pool.destroyed) await this.#pool.destroy(reason)
  }

  /** `path` below the path of the server's URL. */
  #pathOf(path: string): string {
    const base = new URL(this.url).pathname.replace(/\/$/, '')
    return `${base}${path.startsWith('/') ? '' : '/'}${path}`
  }
}

/** Refuses other origins: undici's pool would send a redirect to another origin to its own server. */
function ownOrigin(name: ServerName, own: string): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const origin = options.origin === undefined ? own : new URL(options.origin).origin
    if (origin !== own) throw httpFailed('INVALID_OPTION', name, `was asked for ${origin}, which is not its own`, undefined)
    return dispatch(options, handler)
  }
}

import { systemClock, type WorkInFlight } from '@keelson/kernel'
import { CallSite } from '../watch/call-site.js'
import { keptFor } from '../watch/kept.js'
import type { ClientLike, PoolLike } from './pg-like.js'

const UNTRACED = 'traceClients: true tells where it was taken'

/** Which clients of a pool are checked out, since when, and with `traceClients` by whom. */
export class Checkouts {
  readonly #since = new Map<ClientLike, number>()
  readonly #sites = new WeakMap<ClientLike, CallSite>()
  readonly #traced: boolean

  constructor(pool: PoolLike, traced: boolean) {
    this.#traced = traced
    pool.on('acquire', (client: ClientLike) => void this.#since.set(client, systemClock.now()))
    pool.on('release', (_error: unknown, client: ClientLike) => void this.#since.delete(client))
    pool.on('remove', (client: ClientLike) => void this.#since.delete(client))
    if (traced) this.#trace(pool)
  }

  get count(): number {
    return this.#since.size
  }

  clients(): ClientLike[] {
    return [...this.#since.keys()]
  }

  /**
   * The work in flight, the oldest first; what is kept on purpose counts as soon as a drain waits for it. Statements are not quoted: they may
   * contain anything.
   */
  list(draining: boolean): WorkInFlight[] {
    const now = systemClock.now()
    const listed = [...this.#since].filter(([client]) => draining || keptFor(client) === undefined)
    return listed.map(([client, since]) => {
      const purpose = keptFor(client)
      const place = this.#sites.get(client)?.place
      const label = `client of backend ${client.processID ?? 'unknown'}${purpose === undefined ? '' : `, kept for ${purpose}`}${place === undefined ? '' : `, taken at ${place}`}`
      return { label, sinceMs: now - since, ...(this.#traced || purpose !== undefined ? {} : { hint: UNTRACED }) }
    })
  }

  /** `pool.query()` calls `connect()`, too. A client is handed out before anybody else may take it. */
  #trace(pool: PoolLike): void {
    const original = pool.connect as (done?: Done) => unknown
    const connect = (done?: Done): unknown => {
      const site = new CallSite(connect)
      const keep = (client: ClientLike | undefined) => {
        if (client) this.#sites.set(client, site)
      }
      if (done) {
        return original.call(pool, (error, client, release) => {
          keep(client)
          done(error, client, release)
        })
      }
      return (original.call(pool) as Promise<ClientLike>).then((client) => {
        keep(client)
        return client
      })
    }
    pool.connect = connect
  }
}

type Done = (error: unknown, client: ClientLike | undefined, release: unknown) => void

import type { StartContext } from '@keelson/kernel'
import { poolUse } from './pool-use.js'
import type { Secrets } from './secrets.js'
import { type TopologyLike, whyUnusable } from './topology.js'

/** The members of a MongoClient that are used, so that any major of the driver fits, and the one inside Mongoose. */
export interface ClientLike {
  readonly readPreference: { readonly mode: string }
  readonly options?: { readonly heartbeatFrequencyMS?: number }
  on(event: 'topologyDescriptionChanged', listener: (event: { newDescription: TopologyLike }) => void): unknown
  on(event: 'serverHeartbeatSucceeded', listener: () => void): unknown
  db(name: string): { command(command: { ping: 1 }, options: PingOptions): Promise<unknown> }
  close(): Promise<unknown>
}

interface PingOptions {
  signal: AbortSignal
  readPreference: 'primary' | 'nearest'
}

const watches = new WeakMap<object, ClientWatch>()

/**
 * Follows the topology of one client and pushes health to the kernel: unhealthy as soon as the driver has lost its servers, healthy
 * as soon as it has one again. The driver reconnects by itself; nothing is restarted.
 */
export class ClientWatch {
  readonly secrets: Secrets
  /** The driver's reason why no server can be used; undefined while one can. */
  failure: unknown
  #usable = false
  #heardAt = performance.now()

  constructor(client: ClientLike, ctx: Pick<StartContext, 'healthy' | 'unhealthy' | 'counters'>, secrets: Secrets) {
    this.secrets = secrets
    watches.set(client, this)
    client.on('serverHeartbeatSucceeded', () => {
      this.#heardAt = performance.now()
    })
    ctx.counters(() => {
      const { inUse = 0, waiting = 0, max = 0 } = poolUse(client) ?? {}
      return { inUse, waiting, max }
    })
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      const failure = whyUnusable(newDescription, client.readPreference.mode)
      this.failure = failure === undefined ? undefined : secrets.hide(failure)
      const usable = failure === undefined
      if (usable === this.#usable) return
      this.#usable = usable
      if (usable) ctx.healthy()
      else ctx.unhealthy(this.failure)
    })
  }

  /** Milliseconds since a server answered a heartbeat. */
  get silentMs(): number {
    return performance.now() - this.#heardAt
  }

  static of(client: ClientLike): ClientWatch | undefined {
    return watches.get(client)
  }
}

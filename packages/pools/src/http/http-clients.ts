import { duplicateServer, httpFailed, noServerWorks, poolStopped, poolStopping, serverCutOff, unknownServer } from '../errors.js'
import { type Lease, LiveLease } from '../pool/lease.js'
import type { AcquireOptions, Pool } from '../pool/pool.js'
import { type PoolStats, sumOfStats } from '../pool/pool-stats.js'
import { followSignal } from '../wait/follow-signal.js'
import { withSignal } from '../wait/with-signal.js'
import type { PooledHttpClient } from './http-client.js'
import type { HttpPoolServer } from './http-pool-server.js'

interface Entry {
  readonly client: PooledHttpClient
  /** Of the calls that were accepted and have not ended. */
  readonly leases: Set<HttpLease>
  readonly whenIdle: (() => void)[]
  /** Why the last ping failed. */
  failure: Error | undefined
  ping: Promise<void> | undefined
}

type HttpLease = LiveLease<PooledHttpClient, Entry>

const NONE = sumOfStats([])

/** The clients of an `httpPool`, in the shape of every pool. */
export class HttpClients implements Pool<PooledHttpClient, HttpPoolServer> {
  readonly #name: string
  readonly #checkServer: (server: string, config: unknown) => void
  readonly #make: (server: string, config: HttpPoolServer) => PooledHttpClient
  readonly #entries = new Map<string, Entry>()
  readonly #removed = new Set<Entry>()
  readonly #endOfPings = new AbortController()
  /** The connections that removed servers had made. */
  #gone = NONE
  #stopping = false

  constructor(
    name: string,
    checkServer: (server: string, config: unknown) => void,
    make: (server: string, config: HttpPoolServer) => PooledHttpClient,
  ) {
    this.#name = name
    this.#checkServer = checkServer
    this.#make = make
  }

  get servers(): readonly string[] {
    return [...this.#entries.keys()]
  }

  async use<R>(
    server: string,
    work: (client: PooledHttpClient, lease: Lease<PooledHttpClient>) => R,
    options?: AcquireOptions,
  ): Promise<Awaited<R>> {
    const lease = await this.acquire(server, options)
    return await lease.run(work, (error) => lease.value.blame(error))
  }

  async acquire(server: string, options?: AcquireOptions): Promise<HttpLease> {
    const entry = this.#entry(server)
    if (this.#stopping) throw poolStopping({ pool: this.#name, server })
    options?.signal?.throwIfAborted()
    const lease = new LiveLease(entry, entry.client, giveBack, 0)
    entry.leases.add(lease)
    return lease
  }

  stats(server?: string): PoolStats {
    if (server !== undefined) return this.#entry(server).client.stats()
    return sumOfStats([this.#gone, ...this.#all.map(({ client }) => client.stats())])
  }

  failure(server: string): Error | undefined {
    const { failure, client } = this.#entry(server)
    return failure ?? client.failure
  }

  add(server: string, config: HttpPoolServer): void {
    const name = { pool: this.#name, server }
    if (this.#stopping) throw poolStopping(name)
    if (this.#entries.has(server)) throw duplicateServer(name)
    this.#checkServer(server, config)
    this.#entries.set(server, {
      client: this.#make(server, config),
      leases: new Set(),
      whenIdle: [],
      failure: undefined,
      ping: undefined,
    })
  }

  async remove(server: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const entry = this.#entry(server)
    const { client } = entry
    this.#entries.delete(server)
    this.#removed.add(entry)
    const served = this.#served(entry)
    try {
      await (signal === undefined ? served : withSignal(served, signal))
    } catch {
      await cutOff(entry, serverCutOff(client.name))
    } finally {
      this.#removed.delete(entry)
      const { created } = client.stats()
      this.#gone = sumOfStats([this.#gone, { ...NONE, created, destroyed: created }])
    }
  }

  /** @throws KeelsonError `CHECK_FAILED` when no server gives an answer below 500. */
  async ping(path: string, signal: AbortSignal): Promise<void> {
    if (this.#entries.size === 0) return
    const asked = [...this.#entries].map(async ([server, entry]) => {
      entry.ping ??= this.#ask(server, entry, path)
      await withSignal(entry.ping, signal)
      if (entry.failure !== undefined) throw entry.failure
    })
    // One that answers is enough; a silent one fails by its own request timeout.
    await Promise.any(asked).catch(({ errors }: AggregateError) => {
      throw noServerWorks(this.#name, errors)
    })
  }

  /** Refuses new callers, and resolves when every accepted call has its whole answer. */
  async drain(): Promise<void> {
    this.#stopping = true
    this.#endOfPings.abort()
    await Promise.all(this.#all.map((entry) => this.#served(entry)))
  }

  /** Aborts what is still in flight. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#endOfPings.abort()
    await Promise.all(this.#all.map((entry) => cutOff(entry, poolStopped(entry.client.name))))
  }

  get #all(): Entry[] {
    return [...this.#entries.values(), ...this.#removed]
  }

  async #served({ client, leases, whenIdle }: Entry): Promise<void> {
    if (leases.size > 0) await new Promise<void>((resolve) => whenIdle.push(resolve))
    await client.close().catch(() => {})
  }

  async #ask(server: string, entry: Entry, path: string): Promise<void> {
    const { controller, unsubscribe } = followSignal(this.#endOfPings.signal)
    const { signal } = controller
    try {
      const { statusCode, body } = await entry.client.request(path, { signal })
      await body.dump()
      const text = `answered ${path} with status ${statusCode}`
      entry.failure = statusCode < 500 ? undefined : httpFailed('CHECK_FAILED', { pool: this.#name, server }, text, undefined)
    } catch (error) {
      entry.failure = error as Error
    } finally {
      unsubscribe()
      entry.ping = undefined
    }
  }

  #entry(server: string): Entry {
    const entry = this.#entries.get(server)
    if (entry === undefined) throw unknownServer(this.#name, server, this.servers)
    return entry
  }
}

const giveBack = (lease: HttpLease): void => {
  const { leases, whenIdle } = lease.slot
  leases.delete(lease)
  if (leases.size > 0) return
  for (const resolve of whenIdle.splice(0)) resolve()
}

/** Aborts the requests in flight, and the calls that are waiting for something else. */
async function cutOff({ client, leases }: Entry, why: Error): Promise<void> {
  for (const lease of [...leases]) lease.lose(why)
  await client.destroy(why)
}

import type { HttpClient } from './http-client.js'
import type { HttpPoolServer } from './http-pool.js'
import type { Lease } from './lease.js'
import type { AcquireOptions, Pool } from './pool.js'
import { duplicateServer, httpFailed, noServerWorks, poolStopped, poolStopping, unknownServer } from './pool-errors.js'
import { type PoolStats, sumOfStats } from './pool-stats.js'
import { withSignal } from './with-signal.js'

interface Entry {
  readonly client: HttpClient
  /** The calls that were let in. */
  readonly working: Set<Promise<unknown>>
  failure: Error | undefined
  ping: Promise<void> | undefined
}

/** The clients of an `httpPool`, in the shape of every pool. */
export class HttpClients implements Pool<HttpClient, HttpPoolServer> {
  readonly #name: string
  readonly #checkServer: (server: string, config: unknown) => void
  readonly #make: (server: string, config: HttpPoolServer) => HttpClient
  readonly #entries = new Map<string, Entry>()
  readonly #removed = new Set<Entry>()
  readonly #end = new AbortController()
  readonly #endOfPings = new AbortController()
  #stopping = false

  constructor(
    name: string,
    checkServer: (server: string, config: unknown) => void,
    make: (server: string, config: HttpPoolServer) => HttpClient,
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
    work: (client: HttpClient, lease: Lease<HttpClient>) => R,
    options?: AcquireOptions,
  ): Promise<Awaited<R>> {
    const lease = await this.acquire(server, options)
    try {
      return await work(lease.value, lease)
    } finally {
      lease.release()
    }
  }

  async acquire(server: string, options?: AcquireOptions): Promise<Lease<HttpClient>> {
    const { client, working } = this.#entry(server)
    if (this.#stopping) throw poolStopping({ pool: this.#name, server })
    options?.signal?.throwIfAborted()
    let release = () => {}
    const work = new Promise<void>((resolve) => {
      release = resolve
    })
    working.add(work)
    void work.then(() => working.delete(work))
    return { value: client, signal: this.#end.signal, release, [Symbol.dispose]: release }
  }

  stats(server?: string): PoolStats {
    if (server !== undefined) return this.#entry(server).client.stats()
    return sumOfStats([...this.#entries.values()].map(({ client }) => client.stats()))
  }

  failure(server: string): Error | undefined {
    return this.#entry(server).failure
  }

  add(server: string, config: HttpPoolServer): void {
    const name = { pool: this.#name, server }
    if (this.#stopping) throw poolStopping(name)
    if (this.#entries.has(server)) throw duplicateServer(name)
    this.#checkServer(server, config)
    this.#entries.set(server, {
      client: this.#make(server, config),
      working: new Set(),
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
      await client.destroy(poolStopped(client.name)) // whoever is left is cut off
    } finally {
      this.#removed.delete(entry)
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
    // One that answers is enough: a silent one has its own time for that.
    await Promise.any(asked).catch(({ errors }: AggregateError) => {
      throw noServerWorks(this.#name, errors)
    })
  }

  /** Refuses new callers, and resolves when those that were let in are served to the last byte. */
  async drain(): Promise<void> {
    this.#stopping = true
    this.#endOfPings.abort()
    await Promise.all([...this.#entries.values(), ...this.#removed].map((entry) => this.#served(entry)))
  }

  /** Cuts off whatever is still in flight. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#endOfPings.abort()
    this.#end.abort(poolStopped({ pool: this.#name, server: this.servers.join(', ') }))
    const all = [...this.#entries.values(), ...this.#removed]
    await Promise.all(all.map(({ client }) => client.destroy(poolStopped(client.name))))
  }

  async #served({ client, working }: Entry): Promise<void> {
    await Promise.all(working)
    await client.close().catch(() => {})
  }

  async #ask(server: string, entry: Entry, path: string): Promise<void> {
    try {
      const { statusCode, body } = await entry.client.request(path, { signal: this.#endOfPings.signal })
      await body.dump()
      const text = `answered ${path} with status ${statusCode}`
      entry.failure = statusCode < 500 ? undefined : httpFailed('CHECK_FAILED', { pool: this.#name, server }, text, undefined)
    } catch (error) {
      entry.failure = error as Error
    } finally {
      entry.ping = undefined
    }
  }

  #entry(server: string): Entry {
    const entry = this.#entries.get(server)
    if (entry === undefined) throw unknownServer(this.#name, server, this.servers)
    return entry
  }
}

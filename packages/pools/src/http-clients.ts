import type { HttpClient } from './http-client.js'
import type { HttpPoolServer } from './http-pool.js'
import type { Lease } from './lease.js'
import type { AcquireOptions, Pool } from './pool.js'
import { duplicateServer, httpFailed, noServerWorks, poolStopped, poolStopping, unknownServer } from './pool-errors.js'
import { type PoolStats, sumOfStats } from './pool-stats.js'

interface Entry {
  readonly client: HttpClient
  failure: Error | undefined
}

/** The clients of an `httpPool`, in the shape of every pool. */
export class HttpClients implements Pool<HttpClient, HttpPoolServer> {
  readonly #name: string
  readonly #checkServer: (server: string, config: unknown) => void
  readonly #make: (server: string, config: HttpPoolServer) => HttpClient
  readonly #entries = new Map<string, Entry>()
  readonly #removed = new Set<HttpClient>()
  readonly #end = new AbortController()
  readonly #working = new Set<Promise<unknown>>()
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
    const { client } = this.#entry(server)
    if (this.#stopping) throw poolStopping({ pool: this.#name, server })
    options?.signal?.throwIfAborted()
    let release = () => {}
    const work = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#working.add(work)
    void work.then(() => this.#working.delete(work))
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
    this.#entries.set(server, { client: this.#make(server, config), failure: undefined })
  }

  async remove(server: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { client } = this.#entry(server)
    this.#entries.delete(server)
    this.#removed.add(client)
    const cutOff = () => void client.destroy()
    if (signal?.aborted) cutOff()
    else signal?.addEventListener('abort', cutOff, { once: true })
    await client.close().catch(() => {})
    signal?.removeEventListener('abort', cutOff)
    this.#removed.delete(client)
  }

  /** @throws KeelsonError `CHECK_FAILED` when no server gives an answer below 500. */
  async ping(path: string, signal: AbortSignal): Promise<void> {
    const entries = [...this.#entries]
    await Promise.all(
      entries.map(async ([server, entry]) => {
        try {
          const { statusCode, body } = await entry.client.request(path, { signal })
          await body.dump()
          const text = `answered ${path} with status ${statusCode}`
          entry.failure = statusCode < 500 ? undefined : httpFailed('CHECK_FAILED', { pool: this.#name, server }, text, undefined)
        } catch (error) {
          entry.failure = error as Error
        }
      }),
    )
    const causes = entries.flatMap(([, { failure }]) => (failure === undefined ? [] : [failure]))
    if (causes.length > 0 && causes.length === entries.length) throw noServerWorks(this.#name, causes)
  }

  /** Refuses new callers, and resolves when those that were let in are served to the last byte. */
  async drain(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#working)
    await Promise.all([...this.#entries.values()].map(({ client }) => client.close()))
  }

  /** Cuts off whatever is still in flight. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#end.abort(poolStopped({ pool: this.#name, server: this.servers.join(', ') }))
    const clients = [...[...this.#entries.values()].map(({ client }) => client), ...this.#removed]
    await Promise.all(clients.map((client) => client.destroy()))
  }

  #entry(server: string): Entry {
    const entry = this.#entries.get(server)
    if (entry === undefined) throw unknownServer(this.#name, server, this.servers)
    return entry
  }
}

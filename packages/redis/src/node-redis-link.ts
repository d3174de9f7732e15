import { firstOf } from './first-of.js'
import type { Counts, Link, LinkEvents } from './link.js'
import { messageOf } from './watch.js'

/** The members of a client of node-redis that are used, so that 5 and 6 fit, and one of `@redis/client`. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  readonly isReady: boolean
  readonly options?: object | undefined
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  off(event: string, listener: (...args: any[]) => void): unknown
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): unknown
  sendCommand(args: string[]): Promise<unknown>
  // biome-ignore lint/suspicious/noExplicitAny: the driver's options, which differ between its majors.
  duplicate(options?: any): NodeRedisClient
}

/** What the user wants of commands that nobody can send now, where `boundQueue()` has taken its place. */
const refusing = new WeakMap<object, boolean>()

const heard = new WeakSet<object>()

/** Without a listener an error would end the process, and the client would not connect again. */
export function hearErrors(client: Pick<NodeRedisClient, 'on'>): void {
  if (heard.has(client)) return
  heard.add(client)
  client.on('error', () => {})
}

/** A client of one connection. */
export class NodeRedisLink implements Link {
  readonly #client: NodeRedisClient
  #destroyed = false

  constructor(client: NodeRedisClient) {
    this.#client = client
    hearErrors(client)
    // One that was destroyed while it connected connects all the same.
    for (const event of ['connect', 'ready']) client.on(event, () => this.#destroyed && this.#end())
  }

  get options(): unknown {
    return this.#client.options
  }

  get ready(): boolean {
    return this.#client.isReady
  }

  connect(): Promise<unknown> {
    this.#destroyed = false
    const client = this.#client
    if (client.isReady) return Promise.resolve()
    // The driver would go on trying; the kernel does that, and tells of it.
    return firstOf(client, 'ready', 'error', client.isOpen ? undefined : client.connect())
  }

  ping(): Promise<unknown> {
    return this.#client.sendCommand(['PING'])
  }

  ask(...args: string[]): Promise<unknown> {
    return this.#client.sendCommand(args)
  }

  counts(): Counts | undefined {
    const pending = pendingOf(this.#client)
    if (pending === undefined) return undefined
    return this.ready ? { inFlight: pending, queued: 0 } : { inFlight: 0, queued: pending }
  }

  side(): Link {
    return new NodeRedisLink(duplicateOf(this.#client, { reconnectStrategy: false }))
  }

  listen(events: LinkEvents): () => void {
    const client = this.#client
    const onError = (error: unknown) => {
      if (!client.isOpen) events.gone(error)
      else if (!client.isReady) events.lost(error)
    }
    const onEnd = () => events.gone(new Error('it was closed'))
    const onReady = () => events.back()
    client.on('error', onError)
    client.on('end', onEnd)
    client.on('ready', onReady)
    return () => {
      client.off('error', onError)
      client.off('end', onEnd)
      client.off('ready', onReady)
    }
  }

  close(): Promise<unknown> {
    return this.#client.close()
  }

  destroy(): void {
    this.#destroyed = true
    this.#end()
  }

  #end(): void {
    try {
      this.#client.destroy()
    } catch (error) {
      // node-redis 5 says so of one that is closed already.
      if (!/closed/i.test(messageOf(error))) throw error
    }
  }
}

/** Another client with the same options, which is not connected yet. */
export function duplicateOf(client: NodeRedisClient, socket: object = {}): NodeRedisClient {
  const options = client.options as { socket?: object; disableOfflineQueue?: boolean } | undefined
  const disableOfflineQueue = refusing.get(client) ?? options?.disableOfflineQueue ?? false
  return client.duplicate({ disableOfflineQueue, socket: { ...options?.socket, ...socket } })
}

/** What is sent and not answered, and what is not sent; undefined in a version that does not tell. */
function pendingOf(client: object): number | undefined {
  const { _getQueue } = client as { _getQueue?(): { pendingCount?: unknown } }
  const pending = _getQueue?.call(client)?.pendingCount
  return typeof pending === 'number' ? pending : undefined
}

/**
 * Refuses commands while there is no connection and `max` of them wait already. The driver reads `disableOfflineQueue` only then; an
 * error of the connection is no time to say so, for the driver would reject those that wait.
 */
export function boundQueue(client: NodeRedisClient, max: number): void {
  const options = client.options as { disableOfflineQueue?: boolean } | undefined
  if (options === undefined || max === Infinity) return
  const refuses = options.disableOfflineQueue ?? false
  refusing.set(client, refuses)
  let failing = false
  client.on('error', () => {
    failing = true
    queueMicrotask(() => {
      failing = false
    })
  })
  const get = () => refuses || (!failing && !client.isReady && (pendingOf(client) ?? 0) >= max)
  Object.defineProperty(options, 'disableOfflineQueue', { get, enumerable: true, configurable: true })
}

import { firstOf } from './first-of.js'
import { destroySocket, type IoredisSocket } from './ioredis-socket.js'
import type { Counts, Link, LinkEvents } from './link.js'

/** The members of an ioredis client that are used, so that 5 and 6 fit, and its forks. */
export interface IoredisClient {
  readonly status: string
  readonly options: object
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  off(event: string, listener: (...args: any[]) => void): unknown
  connect(): Promise<unknown>
  quit(): Promise<unknown>
  disconnect(): void
  call(command: string, ...args: string[]): Promise<unknown>
  // biome-ignore lint/suspicious/noExplicitAny: the driver's options, which differ between its majors.
  duplicate(options?: any): IoredisClient
}

/** Fields of the driver that its types do not have. */
interface Inner {
  stream?: IoredisSocket | null
  commandQueue?: { length: number }
  prevCommandQueue?: { length: number } | null
  offlineQueue?: { length: number }
  flushQueue?(error: Error): void
  manuallyClosing?: boolean
}

interface Settings {
  enableOfflineQueue?: boolean
}

/** States of a client that has a connection, or is about to have one. */
const LIVE = ['connecting', 'connect', 'ready']

const refusing = new WeakMap<object, boolean>()
const heard = new WeakSet<object>()

/** Without a listener the driver writes every error to the console. */
export function hearErrors(client: Pick<IoredisClient, 'on'>): void {
  if (heard.has(client)) return
  heard.add(client)
  client.on('error', () => {})
}

/** A client of one connection, to a server or to what Sentinels name. */
export class IoredisLink implements Link {
  readonly #client: IoredisClient & Inner
  #destroyed = false

  constructor(client: IoredisClient) {
    this.#client = client
    hearErrors(client)
  }

  get options(): unknown {
    return this.#client.options
  }

  get ready(): boolean {
    return this.#client.status === 'ready'
  }

  async connect(): Promise<void> {
    const client = this.#client
    const again = this.#destroyed
    this.#destroyed = false
    // One that was closed a moment ago has not heard of it yet.
    if (again && LIVE.includes(client.status)) await firstOf(client, 'end', 'end')
    if (this.ready) return
    const idle = again || !(LIVE.includes(client.status) || client.status === 'reconnecting')
    // The driver would go on trying; the kernel does that, and tells of it.
    await firstOf(client, 'ready', 'error', idle ? client.connect() : undefined)
  }

  ping(): Promise<unknown> {
    return this.#client.call('PING')
  }

  ask(command: string, ...args: string[]): Promise<unknown> {
    return this.#client.call(command, ...args)
  }

  counts(): Counts | undefined {
    const { commandQueue, prevCommandQueue, offlineQueue } = this.#client
    if (commandQueue === undefined || offlineQueue === undefined) return undefined
    if (this.ready) return { inFlight: commandQueue.length, queued: offlineQueue.length }
    // What was in flight is sent again.
    return { inFlight: 0, queued: offlineQueue.length + (prevCommandQueue ?? commandQueue).length }
  }

  side(): Link {
    return new IoredisLink(
      duplicateOf(this.#client, { retryStrategy: null, sentinelRetryStrategy: null, enableReadyCheck: false }),
    )
  }

  listen(events: LinkEvents): () => void {
    const client = this.#client
    let why: unknown
    const listeners: Record<string, (error?: unknown) => void> = {
      error: (error) => {
        why = error
        if (!this.ready) events.lost(error)
      },
      close: () => events.lost(why ?? new Error('Connection is closed.')),
      end: () => events.gone(why ?? new Error('Connection is closed.')),
      ready: () => {
        why = undefined
        events.back()
      },
    }
    for (const [event, listener] of Object.entries(listeners)) client.on(event, listener)
    return () => {
      for (const [event, listener] of Object.entries(listeners)) client.off(event, listener)
    }
  }

  close(): Promise<unknown> {
    return this.#client.quit()
  }

  destroy(): void {
    const client = this.#client
    this.#destroyed = true
    const between = client.status === 'reconnecting'
    if (client.status !== 'end') client.disconnect()
    destroySocket(client.stream)
    // Between two attempts there is no connection whose end would do the rest.
    if (between) client.manuallyClosing = false
    client.flushQueue?.(new Error('Connection is closed.'))
  }
}

/** Another client with the same options, which is not connected yet. */
export function duplicateOf(client: IoredisClient, options: object = {}): IoredisClient {
  const enableOfflineQueue = refusing.get(client) ?? (client.options as Settings).enableOfflineQueue ?? true
  return client.duplicate({ enableOfflineQueue, ...options, lazyConnect: true })
}

/** Refuses commands while there is no connection and `max` of them wait already: the driver reads `enableOfflineQueue` only then. */
export function boundQueue(client: IoredisClient, max: number): void {
  const options = client.options as Settings
  if (max === Infinity) return
  const queues = options.enableOfflineQueue ?? true
  refusing.set(client, queues)
  const get = () => queues && ((client as Inner).offlineQueue?.length ?? 0) < max
  Object.defineProperty(options, 'enableOfflineQueue', { get, enumerable: true, configurable: true })
}

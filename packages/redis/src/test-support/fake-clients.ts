import { EventEmitter } from 'node:events'

/** What the fake server answers. */
export interface FakeServer {
  up: boolean
  /** Replies by command; an Error is an error reply, a promise one that takes its time. */
  replies: Record<string, unknown>
  /** All that was asked, in order. */
  asked: string[]
}

export const fakeServer = (): FakeServer => ({ up: true, replies: { PING: 'PONG', INFO: 'role:master', CLIENT: 7 }, asked: [] })

async function reply(server: FakeServer, [command = '', ...args]: string[]): Promise<unknown> {
  server.asked.push([command, ...args].join(' '))
  const answer = await server.replies[command]
  if (answer instanceof Error) throw answer
  return answer
}

const REFUSED = () => new Error('connect ECONNREFUSED 10.0.0.7:6379')

/** The members of a node-redis client that the adapter uses. */
export class FakeNodeRedis extends EventEmitter {
  isOpen = false
  isReady = false
  pending = 0
  closed = 0
  destroyed = 0
  readonly options: object
  readonly #server: FakeServer

  constructor(server: FakeServer, options: object = {}) {
    super()
    this.#server = server
    this.options = options
  }

  async connect(): Promise<this> {
    this.isOpen = true
    if (!this.#server.up) {
      this.emit('error', REFUSED())
      throw REFUSED()
    }
    this.isReady = true
    this.emit('ready')
    return this
  }

  async sendCommand(args: string[]): Promise<unknown> {
    this.pending++
    try {
      return await reply(this.#server, args)
    } finally {
      this.pending--
    }
  }

  async close(): Promise<void> {
    this.closed++
    this.isOpen = false
    this.isReady = false
  }

  destroy(): void {
    this.destroyed++
    this.isOpen = false
    this.isReady = false
  }

  duplicate(options: object = {}): FakeNodeRedis {
    return new FakeNodeRedis(this.#server, { ...this.options, ...options })
  }

  _getQueue(): { pendingCount: number } {
    return { pendingCount: this.pending }
  }

  /** The connection breaks. */
  lose(error: Error): void {
    this.isReady = false
    this.emit('error', error)
  }

  /** The driver has connected again. */
  recover(): void {
    this.isReady = true
    this.emit('ready')
  }

  /** Its `reconnectStrategy` gives up. */
  giveUp(error: Error): void {
    this.isOpen = false
    this.lose(error)
  }
}

/** The members of an ioredis client that the adapter uses. */
export class FakeIoredis extends EventEmitter {
  status = 'wait'
  commandQueue: unknown[] = []
  offlineQueue: unknown[] = []
  quits = 0
  flushed: Error[] = []
  readonly stream = { destroyed: 0, destroy: () => void this.stream.destroyed++ }
  readonly options: object
  readonly #server: FakeServer

  constructor(server: FakeServer, options: object = {}) {
    super()
    this.#server = server
    this.options = options
  }

  async connect(): Promise<void> {
    if (!this.#server.up) {
      this.status = 'reconnecting'
      this.emit('error', REFUSED())
      this.emit('close')
      throw new Error('Connection is closed.')
    }
    this.recover()
  }

  async call(...args: string[]): Promise<unknown> {
    this.commandQueue.push(args)
    try {
      return await reply(this.#server, args)
    } finally {
      this.commandQueue.pop()
    }
  }

  async quit(): Promise<void> {
    this.quits++
    this.disconnect()
  }

  disconnect(): void {
    this.status = 'end'
    this.emit('end')
  }

  flushQueue(error: Error): void {
    this.flushed.push(error)
    this.offlineQueue = []
  }

  duplicate(options: object = {}): FakeIoredis {
    return new FakeIoredis(this.#server, { ...this.options, ...options })
  }

  lose(error: Error): void {
    this.status = 'reconnecting'
    this.emit('error', error)
    this.emit('close')
  }

  recover(): void {
    this.status = 'ready'
    this.emit('ready')
  }

  giveUp(error: Error): void {
    this.emit('error', error)
    this.status = 'end'
    this.emit('end')
  }
}

import { EventEmitter } from 'node:events'

/** What the classes of BullMQ 5 do with Redis, as far as this package sees it, without Redis. */
export const made: FakeBase[] = []

export class FakeRedis extends EventEmitter {
  status = 'ready'
  destroyed = 0
  answers = true
  readonly stream = {
    destroy: () => {
      this.destroyed++
    },
  }

  async ping(): Promise<string> {
    return this.answers ? 'PONG' : await new Promise(() => {})
  }

  async info(): Promise<string> {
    return ''
  }

  disconnect(): void {
    this.status = 'end'
  }

  async quit(): Promise<void> {
    this.status = 'end'
  }

  lose(error = new Error('read ECONNRESET')): void {
    this.status = 'reconnecting'
    this.emit('close')
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }

  back(): void {
    this.status = 'ready'
    this.emit('ready')
  }
}

class FakeConnection extends EventEmitter {
  readonly _client = new FakeRedis()
  readonly #closed: (force: boolean | undefined) => unknown

  constructor(closed: (force: boolean | undefined) => unknown) {
    super()
    this.#closed = closed
  }

  async close(force?: boolean): Promise<void> {
    this.#closed(force)
  }
}

export class FakeBase extends EventEmitter {
  readonly connection = new FakeConnection((force) => this.log.push(`connection.close(${force})`))
  readonly log: string[] = []
  readonly options: Record<string, unknown>
  /** Of the next one that is made: what it says before it is ready; a promise that never settles for silence. */
  static ready: Promise<unknown> | Error = Promise.resolve()

  constructor(options: Record<string, unknown>) {
    super()
    made.push(this)
    this.options = options
    this.connection._client.on('error', (error) => this.emit('error', error))
  }

  get redis(): FakeRedis {
    return this.connection._client
  }

  async waitUntilReady(): Promise<unknown> {
    const { ready } = FakeBase
    if (!(ready instanceof Error)) return await ready
    this.emit('error', ready)
    return await new Promise(() => {})
  }

  async close(force?: boolean): Promise<void> {
    this.log.push(`close(${force ?? ''})`)
  }
}

export class Queue extends FakeBase {
  readonly name: string

  constructor(name: string, options: Record<string, unknown>) {
    super(options)
    this.name = name
  }

  async getJobCounts(): Promise<Record<string, number>> {
    return { waiting: 3, active: 1, delayed: 0, failed: 2 }
  }
}

export class FlowProducer extends FakeBase {}

export class QueueEvents extends Queue {
  async run(): Promise<void> {
    this.log.push('run')
  }
}

type Processor = (job: FakeJob, token?: string, signal?: AbortSignal) => Promise<unknown>

export class Worker extends Queue {
  readonly blockingConnection = new FakeConnection(() => {})
  readonly #processor: Processor
  #paused = false

  constructor(name: string, processor: Processor, options: Record<string, unknown>) {
    super(name, options)
    this.#processor = processor
  }

  get blocking(): FakeRedis {
    return this.blockingConnection._client
  }

  async run(): Promise<void> {
    this.log.push('run')
  }

  async pause(doNotWaitActive?: boolean): Promise<void> {
    if (this.#paused) return
    this.#paused = true
    this.log.push(`pause(${doNotWaitActive})`)
  }

  async processJob(job: FakeJob, token: string): Promise<void> {
    try {
      await this.#processor(job, token, undefined)
      this.log.push(`completed ${job.id}`)
    } catch (error) {
      this.log.push(error instanceof DelayedError ? `moved ${job.id}` : `failed ${job.id}: ${(error as Error).message}`)
    }
  }

  /** As BullMQ does with a job that it has taken. */
  take(id: string): FakeJob {
    const job = new FakeJob(id, this.log)
    void this.processJob(job, `token ${id}`)
    return job
  }

  get acceptsSignal(): boolean {
    return this.#processor.length >= 3
  }
}

export class FakeJob {
  readonly id: string
  readonly #log: string[]
  broken: Error | undefined

  constructor(id: string, log: string[]) {
    this.id = id
    this.#log = log
  }

  async moveToWait(token: string): Promise<void> {
    if (this.broken) throw this.broken
    this.#log.push(`moveToWait ${this.id} ${token}`)
  }

  async moveToDelayed(timestamp: number, token: string): Promise<void> {
    if (this.broken) throw this.broken
    this.#log.push(`moveToDelayed ${this.id} ${token} ${timestamp > Date.now() + 1_000 ? 'later' : 'now'}`)
  }
}

export class DelayedError extends Error {}

import { EventEmitter } from 'node:events'
import type { ConsumeMessage, Options } from 'amqplib'

type OnMessage = (message: ConsumeMessage | null) => void

/** What `amqplib.connect()` returns, as far as it is used; what is asked of it is written down in order. */
export class FakeBroker {
  readonly log: string[] = []
  readonly connections: FakeConnection[] = []
  /** What the next connections fail with. */
  refusing: unknown
  /** Answers nothing. */
  mute = false

  readonly connect = async (address: unknown, options: { signal: AbortSignal }): Promise<FakeConnection> => {
    this.log.push(`connect ${typeof address === 'string' ? address : JSON.stringify(address)}`)
    if (this.refusing !== undefined) throw this.refusing
    const connection = new FakeConnection(this, options.signal)
    this.connections.push(connection)
    return await this.answer(connection)
  }

  get connection(): FakeConnection {
    return this.connections.at(-1) as FakeConnection
  }

  /** The channel that was opened last. */
  get channel(): FakeChannel {
    return this.connection.channels.at(-1) as FakeChannel
  }

  async answer<T>(value: T): Promise<T> {
    await Promise.resolve()
    return this.mute ? await new Promise<never>(() => {}) : value
  }
}

export class FakeConnection extends EventEmitter {
  readonly channels: FakeChannel[] = []
  readonly #broker: FakeBroker
  #closed = false

  constructor(broker: FakeBroker, socket: AbortSignal) {
    super()
    this.#broker = broker
    socket.addEventListener('abort', () => {
      broker.log.push('socket destroyed')
      this.lose(new Error('The operation was aborted'))
    })
  }

  createChannel(): Promise<FakeChannel> {
    return this.#open('channel')
  }

  createConfirmChannel(): Promise<FakeChannel> {
    return this.#open('confirm channel')
  }

  async close(): Promise<void> {
    this.#broker.log.push('close connection')
    await this.#broker.answer(undefined)
    this.#end(undefined)
  }

  /** As amqplib does when the socket has an error. */
  lose(error: Error): void {
    if (this.#closed) return
    // Until somebody has it, a failure is one of connect().
    if (this.listenerCount('close') > 0) this.emit('error', error)
    this.#end(error)
  }

  /** As amqplib does when an operator ends it: no error. */
  force(error: Error): void {
    this.#end(error)
  }

  #end(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    for (const channel of this.channels) channel.end()
    this.emit('close', error)
  }

  async #open(kind: string): Promise<FakeChannel> {
    if (this.#closed) throw new Error('Connection closed')
    const channel = new FakeChannel(this.#broker, this.channels.length + 1)
    this.channels.push(channel)
    this.#broker.log.push(`${channel.name}: open ${kind}`)
    return await this.#broker.answer(channel)
  }
}

export class FakeChannel extends EventEmitter {
  readonly name: string
  readonly #broker: FakeBroker
  #deliver: OnMessage = () => {}
  #tag = 0
  #closed = false
  /** Of what was published and is not confirmed. */
  readonly unconfirmed: ((error: Error | null) => void)[] = []

  constructor(broker: FakeBroker, number: number) {
    super()
    this.#broker = broker
    this.name = `channel ${number}`
  }

  prefetch = (count: number) => this.#ask(`prefetch ${count}`, {})
  assertQueue = (queue: string) => this.#ask(`assertQueue ${queue}`, { queue })
  checkQueue = (queue: string) => this.#ask(`checkQueue ${queue}`, { queue })
  cancel = (tag: string) => this.#ask(`cancel ${tag}`, {})

  consume = async (queue: string, onMessage: OnMessage, _options?: Options.Consume) => {
    this.#deliver = onMessage
    return await this.#ask(`consume ${queue}`, { consumerTag: 'tag' })
  }

  ack = (message: ConsumeMessage) => this.#say(`ack ${message.fields.deliveryTag}`)
  nack = (message: ConsumeMessage, _allUpTo: boolean, requeue: boolean) =>
    this.#say(`${requeue ? 'requeue' : 'dead-letter'} ${message.fields.deliveryTag}`)

  publish = (
    exchange: string,
    key: string,
    content: Buffer,
    options: Options.Publish = {},
    confirm: (error: Error | null) => void = () => {},
  ) => {
    this.#say(
      `publish ${exchange}/${key} ${content}${options.persistent ? ' persistent' : ''}${options.mandatory ? ' mandatory' : ''}`,
    )
    this.unconfirmed.push(confirm)
    return true
  }

  close = () => this.#ask('close', undefined).then(() => this.end())

  /** The broker delivers a message; null when it has cancelled the consumer. */
  deliver(content: string | null, { redelivered = false } = {}): void {
    if (content === null) return this.#deliver(null)
    const fields = { deliveryTag: ++this.#tag, redelivered, exchange: '', routingKey: 'orders', consumerTag: 'tag' }
    this.#deliver({ fields, properties: {}, content: Buffer.from(content) } as unknown as ConsumeMessage)
  }

  /** As amqplib does when the broker closes it. */
  fail(error: Error): void {
    this.emit('error', error)
    this.end()
  }

  end(): void {
    if (this.#closed) return
    this.#closed = true
    this.emit('close')
    for (const confirm of this.unconfirmed.splice(0)) confirm(new Error('channel closed'))
  }

  #say(what: string): void {
    if (this.#closed) throw new Error('Channel closed')
    this.#broker.log.push(`${this.name}: ${what}`)
  }

  async #ask<T>(what: string, answer: T): Promise<T> {
    this.#say(what)
    return await this.#broker.answer(answer)
  }
}

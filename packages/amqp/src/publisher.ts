import type { Clock, WorkInFlight } from '@keelson/kernel'
import type { ConfirmChannel, Message, Options } from 'amqplib'
import type { ChannelLife } from './channel-life.js'

/** Publishes with confirms. */
export interface AmqpPublisher {
  /** amqplib's own, for what is not offered here. */
  readonly channel: ConfirmChannel
  /** How many messages the broker has not confirmed yet. */
  readonly pending: number
  /**
   * Publishes a message, which is `persistent` unless `options` say otherwise, and resolves once the broker has taken it over. Back
   * pressure is waiting for it: a broker that is slow, or blocks, confirms later.
   *
   * @throws Error when the broker did not take it (`nacked`); when no queue gets it and it is `mandatory` (`code` 312); and when the channel
   * goes before it was confirmed: then nobody knows whether it has arrived, and who publishes it again may do so twice.
   */
  publish(exchange: string, routingKey: string, content: string | Uint8Array, options?: Options.Publish): Promise<void>
  /** The same for the default exchange, whose routing key is the name of a queue. */
  sendToQueue(queue: string, content: string | Uint8Array, options?: Options.Publish): Promise<void>
}

interface Pending {
  readonly exchange: string
  readonly routingKey: string
  readonly content: Buffer
  readonly mandatory: boolean
  readonly since: number
  readonly number: number
  /** What it came back with. */
  returned?: Error
  settle(error: unknown): void
}

export class ConfirmingPublisher implements AmqpPublisher {
  readonly channel: ConfirmChannel
  readonly counts = { confirmed: 0, failed: 0, returned: 0 }
  readonly #life: ChannelLife<ConfirmChannel>
  readonly #mandatory: boolean
  readonly #clock: Clock
  readonly #pending = new Set<Pending>()
  #number = 0
  #settled = () => {}

  constructor(
    life: ChannelLife<ConfirmChannel>,
    { mandatory = false, clock }: { mandatory?: boolean | undefined; clock: Clock },
  ) {
    this.channel = life.channel
    this.#life = life
    this.#mandatory = mandatory
    this.#clock = clock
    this.channel.on('return', (message) => this.#returned(message))
    void life.over.then(() => this.#lose())
  }

  get pending(): number {
    return this.#pending.size
  }

  async publish(
    exchange: string,
    routingKey: string,
    content: string | Uint8Array,
    options: Options.Publish = {},
  ): Promise<void> {
    const { mandatory = this.#mandatory } = options
    const body = bufferOf(content)
    await new Promise<void>((resolve, reject) => {
      const pending: Pending = {
        exchange,
        routingKey,
        content: body,
        mandatory,
        since: this.#clock.now(),
        number: ++this.#number,
        settle: (error) => {
          if (!this.#pending.delete(pending)) return
          const failure = pending.returned ?? error ?? undefined
          if (failure === undefined) this.counts.confirmed++
          else this.counts.failed++
          if (failure === undefined) resolve()
          else reject(failure)
          if (this.#pending.size === 0) this.#settled()
        },
      }
      // Throws for what it cannot encode, and when the channel is closed.
      this.channel.publish(exchange, routingKey, body, { persistent: true, ...options, mandatory }, (error) => {
        // What is not confirmed when the channel goes is told below, with the reason.
        if (error === null || error.message === 'message nacked') pending.settle(error)
      })
      this.#pending.add(pending)
    })
  }

  sendToQueue(queue: string, content: string | Uint8Array, options?: Options.Publish): Promise<void> {
    return this.publish('', queue, content, options)
  }

  *inFlight(): Iterable<WorkInFlight> {
    const now = this.#clock.now()
    for (const { exchange, routingKey, number, since } of this.#pending) {
      yield { label: `publish ${exchange === '' ? routingKey : exchange} #${number}`, sinceMs: now - since }
    }
  }

  /** Resolves when nothing is unconfirmed; a broker that never confirms is left to the time that the kernel gives. */
  async drain(): Promise<{ note: string } | undefined> {
    const count = this.#pending.size
    if (count === 0) return undefined
    while (this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve
      })
    }
    return { note: `waited for ${count} unconfirmed message${count === 1 ? '' : 's'}` }
  }

  /** The broker returns a message before it confirms it, in the order in which they were published. */
  #returned({ fields, content }: Message): void {
    const { exchange, routingKey, replyCode, replyText } = fields as Message['fields'] & {
      replyCode?: number
      replyText?: string
    }
    this.counts.returned++
    for (const pending of this.#pending) {
      const same = pending.mandatory && pending.exchange === exchange && pending.routingKey === routingKey
      if (!same || pending.returned !== undefined || !pending.content.equals(content)) continue
      const where = exchange === '' ? `queue "${routingKey}"` : `exchange "${exchange}" with routing key "${routingKey}"`
      const error = new Error(`a message for ${where} was returned: ${replyCode} ${replyText}, no queue gets it`)
      pending.returned = Object.assign(error, { code: replyCode })
      return
    }
  }

  #lose(): void {
    for (const pending of [...this.#pending]) pending.settle(this.#lostError())
  }

  #lostError(): Error {
    const lost = this.#life.reason
    const why = lost instanceof Error ? lost.message : 'it has stopped'
    return new Error(`nobody knows whether the message has arrived: its channel was closed before it was confirmed: ${why}`, {
      cause: lost,
    })
  }
}

function bufferOf(content: string | Uint8Array): Buffer {
  if (Buffer.isBuffer(content)) return content
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}

import { setMaxListeners } from 'node:events'
import type { StartContext, StopContext, WorkInFlight } from '@keelson/kernel'
import type { Channel, ConsumeMessage, Options } from 'amqplib'
import { settledWithin } from './bounded.js'
import type { ChannelLife } from './channel-life.js'
import { lastWord } from './connection-life.js'
import { type MessageContext, Settlement, type Verdict } from './settlement.js'

/** What becomes of a message whose handler fails. */
export type Failed = 'requeue-once' | 'requeue' | 'dead-letter'

/** A consumer that runs. */
export interface AmqpConsumer {
  /** amqplib's own; its messages are acknowledged by the consumer. */
  readonly channel: Channel
  /** The queue that it takes messages from. */
  readonly queue: string
  /** By which the broker knows it; undefined while it takes no messages. */
  readonly consumerTag: string | undefined
  /** How many messages are being handled. */
  readonly handling: number
}

export interface ConsumerPlan {
  readonly queue: string
  readonly concurrency: number
  readonly options: Options.Consume
  handle(message: ConsumeMessage, ctx: MessageContext): unknown
  failed(error: unknown, message: ConsumeMessage): Failed
}

/** Milliseconds that handlers of messages whose channel is gone are waited for in a restart: the broker delivers those again anyway. */
const LOST_PATIENCE = 2_000

/** Takes messages off a queue, from `begin` to `quiesce`. */
export class Consumer implements AmqpConsumer {
  readonly channel: Channel
  readonly queue: string
  consumerTag: string | undefined
  readonly counts = { handled: 0, failed: 0, requeued: 0, deadLettered: 0, handedBack: 0 }
  readonly #life: ChannelLife
  readonly #plan: ConsumerPlan
  readonly #ctx: StartContext
  readonly #noAck: boolean
  readonly #handling = new Map<ConsumeMessage, number>()
  /** Delivered, and not begun: there are more than are handled at a time. */
  #waiting: ConsumeMessage[] = []
  /** Aborts when the broker will deliver again what is in flight: its channel is gone, or there is no time left. */
  readonly #lost = new AbortController()
  /** What becomes of messages that are not begun: they begin, are kept for the broker's answer to the cancel, or go back. */
  #taking: 'begin' | 'keep' | 'hand back' = 'begin'
  #last: unknown
  /** How many had been handled when it was told to take no more. */
  #before: number | undefined
  #settled = () => {}

  constructor(life: ChannelLife, plan: ConsumerPlan, ctx: StartContext) {
    this.channel = life.channel
    this.queue = plan.queue
    this.#life = life
    this.#plan = plan
    this.#ctx = ctx
    this.#noAck = plan.options.noAck === true
    setMaxListeners(0, this.#lost.signal) // one for each message
    void life.over.then(() => this.abandon(life.reason))
  }

  get handling(): number {
    return this.#handling.size
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Tells the broker to deliver. */
  async begin(): Promise<void> {
    const { queue, options } = this.#plan
    const { consumerTag } = await this.#life.ask(() =>
      this.channel.consume(queue, (message) => this.#delivered(message), options),
    )
    this.consumerTag = consumerTag
  }

  /** Tells the broker to deliver no more, and hands back what is not begun: only then, or it would come back at once. */
  async quiesce(ctx: StopContext): Promise<void> {
    this.#before ??= this.counts.handled
    const tag = this.consumerTag
    if (tag === undefined) return
    this.consumerTag = undefined
    // What is not acknowledged cannot be handed back either.
    if (!this.#noAck) this.#taking = 'keep'
    if (!this.#life.open) return
    const cancelled = this.#life
      .ask(() => this.channel.cancel(tag))
      .then(() => {
        if (this.#taking !== 'keep') return
        this.#taking = 'hand back'
        for (const message of this.#waiting.splice(0)) this.#handBack(message)
      })
    await settledWithin(cancelled, lastWord(ctx, this.#ctx.clock))
  }

  /** Waits for the handlers. */
  async drain(ctx: StopContext): Promise<{ note: string } | undefined> {
    const giveUp = () => this.abandon(ctx.signal.reason)
    ctx.signal.addEventListener('abort', giveUp, { once: true })
    const { clock, kernel } = this.#ctx
    const patience = clock.now() + LOST_PATIENCE
    while (this.#handling.size > 0) {
      const settled = new Promise<void>((resolve) => {
        this.#settled = resolve
      })
      const restarted = this.#lost.signal.aborted && kernel.state === 'running'
      if (!restarted) await settled
      else if (!(await settledWithin(settled, patience - clock.now()))) break
    }
    ctx.signal.removeEventListener('abort', giveUp)
    return this.#note(this.counts.handled - (this.#before ?? this.counts.handled))
  }

  /** What is in flight will be delivered again, whatever its handlers do. */
  abandon(reason: unknown): void {
    this.#lost.abort(reason)
    this.#taking = 'hand back'
    this.#waiting = []
    this.#settled()
  }

  *inFlight(): Iterable<WorkInFlight> {
    const now = this.#ctx.clock.now()
    for (const [{ fields }, since] of this.#handling) {
      yield { label: `message ${this.queue} #${fields.deliveryTag}`, sinceMs: now - since }
    }
  }

  #delivered(message: ConsumeMessage | null): void {
    if (message === null) {
      if (this.#before !== undefined) return // It is being cancelled anyway.
      this.consumerTag = undefined
      const why = 'it was deleted, or the node that has it is gone'
      this.#ctx.crashed(new Error(`the broker has cancelled the consumer of queue "${this.queue}": ${why}`))
      return
    }
    if (this.#taking === 'hand back') return this.#handBack(message)
    if (this.#taking === 'begin' && this.#handling.size < this.#plan.concurrency) return void this.#handle(message)
    this.#waiting.push(message)
  }

  #handBack(message: ConsumeMessage): void {
    if (this.#settlementOf(message).settle('requeue')) this.counts.handedBack++
  }

  async #handle(message: ConsumeMessage): Promise<void> {
    this.#handling.set(message, this.#ctx.clock.now())
    const settlement = this.#settlementOf(message)
    try {
      await this.#plan.handle(message, settlement)
      settlement.settle('ack')
      this.counts.handled++
    } catch (error) {
      this.counts.failed++
      this.#last = error
      settlement.settle(this.#verdictOn(error, message))
    }
    if (settlement.verdict === 'requeue') this.counts.requeued++
    if (settlement.verdict === 'dead-letter') this.counts.deadLettered++
    this.#handling.delete(message)
    if (this.#taking === 'begin') this.#next()
    this.#settled()
  }

  #next(): void {
    const message = this.#waiting.shift()
    if (message !== undefined) void this.#handle(message)
  }

  #verdictOn(error: unknown, message: ConsumeMessage): Verdict {
    let failed: Failed = 'requeue-once'
    try {
      failed = this.#plan.failed(error, message)
    } catch (failure) {
      this.#last = failure
    }
    if (failed === 'requeue' || failed === 'dead-letter') return failed
    return message.fields.redelivered ? 'dead-letter' : 'requeue'
  }

  #settlementOf(message: ConsumeMessage): Settlement {
    const signals = { signal: this.#lost.signal, stopping: this.#ctx.stopping }
    return new Settlement(this.channel, message, this.#noAck, signals)
  }

  #note(finished: number): { note: string } | undefined {
    const { handedBack, failed } = this.counts
    const parts = [
      finished > 0 ? `finished ${finished} message${finished === 1 ? '' : 's'}` : '',
      handedBack > 0 ? `handed back ${handedBack}` : '',
      failed > 0 ? `${failed} failed in all, the last with: ${messageOf(this.#last)}` : '',
    ].filter((part) => part !== '')
    return parts.length === 0 ? undefined : { note: parts.join('; ') }
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'something that cannot be printed'
  }
}

import type { Channel, ConsumeMessage } from 'amqplib'

/** What the broker is told about a message. */
export type Verdict = 'ack' | 'requeue' | 'dead-letter'

/** What a handler is given beside its message. */
export interface MessageContext {
  /**
   * Aborts when the broker is going to deliver the message again, here or elsewhere: its channel is gone, or the shutdown has no time
   * left. What the handler does from then on counts for nothing.
   */
  readonly signal: AbortSignal
  /** Aborts when the consumer is told to drain: the message may still be finished. */
  readonly stopping: AbortSignal
  /**
   * Acknowledges it before the handler ends, which does it otherwise. Of this and the others only the first counts: a second ack would
   * end the channel.
   */
  ack(): void
  /** Gives it back to the queue. */
  requeue(): void
  /** Gives it to the dead-letter exchange of its queue; a queue without one drops it. */
  deadLetter(): void
}

/** One message, until the broker is told what becomes of it. */
export class Settlement implements MessageContext {
  readonly signal: AbortSignal
  readonly stopping: AbortSignal
  /** What the broker was told. */
  verdict: Verdict | undefined
  readonly #channel: Channel
  readonly #message: ConsumeMessage
  readonly #noAck: boolean

  constructor(
    channel: Channel,
    message: ConsumeMessage,
    noAck: boolean,
    { signal, stopping }: Pick<MessageContext, 'signal' | 'stopping'>,
  ) {
    this.#channel = channel
    this.#message = message
    this.#noAck = noAck
    this.signal = signal
    this.stopping = stopping
  }

  ack(): void {
    this.settle('ack')
  }

  requeue(): void {
    this.settle('requeue')
  }

  deadLetter(): void {
    this.settle('dead-letter')
  }

  /** Whether it was told to the broker now. Nothing is told about what is lost, or was told about before. */
  settle(verdict: Verdict): boolean {
    if (this.verdict !== undefined || this.#noAck || this.signal.aborted) return false
    try {
      if (verdict === 'ack') this.#channel.ack(this.#message)
      else this.#channel.nack(this.#message, false, verdict === 'requeue')
    } catch {
      return false // The channel is closed: the broker delivers it again.
    }
    this.verdict = verdict
    return true
  }
}

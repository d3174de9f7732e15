import type { Clock, Dependencies, ResourceLike, StartContext, StopContext, Values } from '@keelson/kernel'
import type { Channel, ChannelModel } from 'amqplib'
import { settledWithin } from './bounded.js'
import { ConnectionLife, LAST_WORD, lastWord } from './connection-life.js'
import { invalidOption } from './lifecycle.js'
import { refusedOperation } from './reason.js'

/** The part of amqplib's connection that is used. */
export type ConnectionLike = Pick<ChannelModel, 'createChannel' | 'createConfirmChannel' | 'on' | 'off'>

/** What every resource with a channel takes. */
export interface ChannelOptions<C, D extends Dependencies<D>> {
  /** What `amqpConnection()` returned; the channel comes and goes with it. */
  connection: ResourceLike<ConnectionLike>
  /** Called with each new channel, before anything else: declares what is needed, such as `(channel) => channel.assertQueue('orders')`. */
  setup?: (channel: C, deps: Values<D>, ctx: StartContext) => unknown
}

/** Under which name its connection is among the dependencies of a resource with a channel. */
export const CONNECTION = 'amqp connection'

/** One channel, from its opening to its end. */
export class ChannelLife<C extends Channel = Channel> {
  readonly channel: C
  /** Resolves when it is gone, however that came. */
  readonly over: Promise<void>
  /** Why it is gone, other than by its own end. */
  lost: unknown
  readonly #connection: object
  readonly #clock: Clock
  #stage: 'opening' | 'open' | 'ending' = 'opening'

  private constructor(channel: C, connection: object, ctx: StartContext) {
    this.channel = channel
    this.#connection = connection
    this.#clock = ctx.clock
    // These stay for good: an error that nobody hears would end the connection.
    channel.on('error', (error: unknown) => {
      if (this.#stage !== 'ending') this.lost ??= error
    })
    this.over = new Promise((resolve) => {
      channel.on('close', () => {
        if (this.#stage !== 'ending') {
          this.lost ??= new Error('the channel was closed by something other than the kernel')
          // A connection that goes closes its channels first, and then tells of itself: it is restarted with all of them.
          if (this.#stage === 'open') queueMicrotask(() => this.#connectionLost ?? ctx.crashed(this.lost))
        }
        resolve()
      })
    })
  }

  /**
   * Opens a channel and sets it up.
   *
   * @throws the error of the driver; where no other try would mend it, with the code `INVALID_OPTION`.
   */
  static async open<C extends Channel>(
    connection: object,
    kind: 'channel' | 'confirm channel',
    ctx: StartContext,
    setup: (channel: C) => unknown,
  ): Promise<ChannelLife<C>> {
    const { createChannel, createConfirmChannel } = connection as Partial<ChannelModel>
    if (typeof createChannel !== 'function' || typeof createConfirmChannel !== 'function') {
      throw invalidOption(ctx.name, 'connection', 'does not make channels', 'pass what amqpConnection() returned')
    }
    const model = connection as ChannelModel
    const opening: Promise<Channel> = kind === 'channel' ? model.createChannel() : model.createConfirmChannel()
    const channel = (await ctx.step('open a channel', () => opening)) as C
    const life = new ChannelLife(channel, connection, ctx)
    try {
      await ctx.step('set up the channel', () => life.ask(async () => await setup(channel)))
    } catch (error) {
      await life.close(LAST_WORD)
      throw refusedOperation(life.#reasonOf(error), 'setup')
    }
    life.#stage = 'open'
    return life
  }

  /** Why its connection is gone, if it is. */
  get #connectionLost(): unknown {
    return ConnectionLife.of(this.#connection)?.lost
  }

  /** Why it is gone: with its connection, or alone; undefined for its own end. */
  get reason(): unknown {
    return this.lost === undefined ? undefined : (this.#connectionLost ?? this.lost)
  }

  get open(): boolean {
    return this.#stage === 'open' && this.lost === undefined
  }

  /** Says goodbye, after all that was sent on it, and waits for the answer for a while. */
  async close(within: number | StopContext): Promise<void> {
    if (this.#stage === 'ending') return
    this.#stage = 'ending'
    if (this.lost !== undefined) return
    const ms = typeof within === 'number' ? within : lastWord(within, this.#clock)
    await settledWithin(Promise.race([this.channel.close(), this.over]), ms)
  }

  /** Asks something of the broker; rejects when the channel goes meanwhile, which amqplib does not always tell. */
  async ask<T>(work: () => PromiseLike<T>): Promise<T> {
    const gone = this.over.then(() => Promise.reject(this.lost))
    gone.catch(() => {})
    return await Promise.race([work(), gone])
  }

  /** Whether the broker has been asked something and has not answered; amqplib has no public word for it. */
  get asking(): boolean {
    return ((this.channel as { reply?: unknown }).reply ?? null) !== null
  }

  /** The error of an operation tells more than that of its channel, where it has the broker's code. */
  #reasonOf(error: unknown): unknown {
    return (error as { code?: unknown } | undefined)?.code === undefined ? (this.lost ?? error) : error
  }
}

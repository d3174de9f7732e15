import type { Clock, StartContext, StopContext } from '@keelson/kernel'
import type { KnownSecrets } from '@keelson/kernel/redact'
import amqplib, { type Channel, type ChannelModel } from 'amqplib'
import { bounded, settledWithin } from './bounded.js'
import type { BrokerAddress } from './connection-url.js'
import { refusal } from './reason.js'

/** Milliseconds that a broker may take to answer a goodbye. */
export const LAST_WORD = 2_000

const lives = new WeakMap<object, ConnectionLife>()

export interface Opening {
  readonly address: BrokerAddress
  /** Passed to amqplib, and on to the socket. */
  readonly options: object | undefined
  readonly secrets: KnownSecrets
  /** Milliseconds for all of it. */
  readonly within: number
}

/** One connection, from its opening to its end: it hears when it is lost, and can always be cut off. */
export class ConnectionLife {
  readonly connection: ChannelModel
  /** Why it is gone, other than by its own end. */
  lost: unknown
  readonly #secrets: KnownSecrets
  readonly #socket: AbortController
  readonly #crashed: (error: unknown) => void
  readonly #clock: Clock
  readonly #over: Promise<void>
  #ending = false
  /** Whether the broker reads nothing from it. */
  #blocked = false
  /** For round trips: nothing else waits on it. */
  #channel: Promise<Channel> | undefined
  /** A round trip that was not answered yet: the next check waits for it, too, instead of sending another. */
  #trip: Promise<unknown> | undefined

  private constructor(connection: ChannelModel, socket: AbortController, secrets: KnownSecrets, ctx: StartContext) {
    this.connection = connection
    this.#socket = socket
    this.#secrets = secrets
    this.#ending = socket.signal.aborted // it came too late
    this.#clock = ctx.clock
    this.#crashed = (error) => ctx.crashed(error)
    lives.set(connection, this)
    // These stay for good: an error that nobody hears would end the process.
    connection.on('error', (error: unknown) => this.#lose(error))
    this.#over = new Promise((resolve) => {
      connection.on('close', (error?: unknown) => {
        this.#lose(error ?? new Error('the connection was closed by something other than the kernel'))
        resolve()
      })
    })
    connection.on('blocked', () => {
      this.#blocked = true
    })
    connection.on('unblocked', () => {
      this.#blocked = false
    })
    ctx.defer(() => this.cutOff())
  }

  static of(connection: object): ConnectionLife | undefined {
    return lives.get(connection)
  }

  /**
   * Connects; when it does not in time, and when the signal aborts, it leaves no socket.
   *
   * @throws the error of the driver, in one line and without credentials.
   */
  static async open({ address, options, secrets, within }: Opening, ctx: StartContext): Promise<ConnectionLife> {
    const socket = new AbortController()
    const opening = async () => {
      // The signal is the socket's: it is destroyed when that aborts.
      const given: object = { ...options, signal: socket.signal }
      const connection = await amqplib.connect(address, given)
      return new ConnectionLife(connection, socket, secrets, ctx)
    }
    try {
      ctx.signal.throwIfAborted()
      const late = () => new Error(`no connection within ${Math.round(within)} ms: the broker does not answer`)
      return await bounded(opening(), within, ctx.signal, late)
    } catch (error) {
      socket.abort()
      throw secrets.hide(refusal(error, address))
    }
  }

  /**
   * A round trip to the broker, for at most `ms`. A broker that blocks this connection reads nothing from it, and is not asked.
   *
   * @throws why it is lost, or that it does not answer.
   */
  async roundTrip(ms: number, signal: AbortSignal): Promise<void> {
    if (this.lost !== undefined) throw this.lost
    if (this.#blocked) return
    this.#trip ??= this.#ask().finally(() => {
      this.#trip = undefined
    })
    await bounded(this.#trip, ms, signal, () => new Error(`the broker did not answer within ${Math.round(ms)} ms`))
  }

  /** Says goodbye to a broker that is there, and does not wait for one that is not; then there is no socket. */
  async close(ctx: StopContext): Promise<void> {
    this.#ending = true
    if (this.lost === undefined) {
      // The promise of close() stays open when the connection ends otherwise meanwhile.
      const closing = Promise.race([this.connection.close(), this.#over])
      await settledWithin(closing, lastWord(ctx, this.#clock), ctx.signal)
    }
    this.cutOff()
  }

  /** Destroys the socket. */
  cutOff(): void {
    this.#ending = true
    this.#socket.abort()
  }

  #lose(error: unknown): void {
    if (this.#ending || this.lost !== undefined) return
    this.lost = this.#secrets.hide(error)
    this.#crashed(this.lost)
  }

  async #ask(): Promise<void> {
    this.#channel ??= this.#openChannel()
    const channel = await this.#channel
    // It limits nothing, and needs no queue, no exchange and no permission.
    await channel.prefetch(0)
  }

  async #openChannel(): Promise<Channel> {
    try {
      const channel = await this.connection.createChannel()
      channel.on('error', () => {})
      channel.on('close', () => {
        this.#channel = undefined
      })
      return channel
    } catch (error) {
      this.#channel = undefined
      throw this.#secrets.hide(error)
    }
  }
}

/** How many milliseconds a goodbye may take: half of what is left at most. */
export function lastWord({ deadline }: StopContext, clock: Clock): number {
  return Math.max(0, Math.min(LAST_WORD, (deadline - clock.now()) / 2))
}

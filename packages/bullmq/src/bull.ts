import type { StartContext, StopContext, Timeouts } from '@keelson/kernel'
import type { ConnectionOptions } from 'bullmq'
import { answers, BullWatch } from './bull-watch.js'
import { closeOwn, type Target } from './connection.js'
import { markPermanent, open } from './open.js'
import { canEndWait, cutOff, destroySockets, isReady, mainClientOf } from './redis-client.js'
import { msUntil, within } from './time.js'

/** What is asked of a Queue, Worker, FlowProducer or QueueEvents. */
export interface Closeable {
  on(event: 'error', listener: (error: unknown) => void): unknown
  waitUntilReady?(): Promise<unknown>
  /** Of a FlowProducer of BullMQ 5. */
  readonly client?: Promise<unknown>
  close(): Promise<unknown>
}

/** How long Redis may take to answer before it is left without a goodbye, in ms. */
const LAST_PING = 1_000

/** One of them between a start and a stop. */
export class Bull<T extends Closeable> {
  readonly value: T
  readonly watch: BullWatch
  readonly #target: Target
  readonly #sharesMain: boolean

  private constructor(value: T, target: Target, sharesMain: boolean) {
    this.value = value
    this.watch = new BullWatch(value, target.secrets)
    this.#target = target
    this.#sharesMain = sharesMain
  }

  /**
   * Connected and answering, or rejected within `ms`, and then nothing is left open. `copies`: whether BullMQ makes a connection of its own
   * from a client that it is given.
   *
   * @throws the reason that BullMQ, Redis or the network gave, without credentials.
   */
  static async open<T extends Closeable>(
    target: Target,
    make: (connection: ConnectionOptions) => T,
    ctx: StartContext,
    ms: number,
    copies = false,
  ): Promise<Bull<T>> {
    const bull = new Bull(Bull.#make(target, make), target, target.shared && !copies)
    const { value, watch } = bull
    await open({
      ready: async () => await (value.waitUntilReady?.() ?? value.client),
      watch,
      client: mainClientOf(value),
      close: () => bull.destroy(),
      ms,
      signal: ctx.signal,
    })
    watch.follow(value, ctx)
    return bull
  }

  static #make<T>(target: Target, make: (connection: ConnectionOptions) => T): T {
    try {
      return make(target.connection)
    } catch (error) {
      if (target.own) void closeOwn(target.own, 0, AbortSignal.abort())
      throw markPermanent(target.secrets.hide(error))
    }
  }

  /** Waits for what Redis was asked and has not answered; says how much that is when it does not in time. */
  async drain(ctx: StopContext): Promise<{ note: string } | undefined> {
    const client = mainClientOf(this.value)
    const asked = () => (client === undefined || !isReady(client) ? 0 : (client.commandQueue?.length ?? 0))
    if (asked() === 0) return undefined
    // Redis answers in order.
    if (await answers(this.value, msUntil(ctx.deadline) * 0.9, ctx.signal)) return undefined
    return { note: `Redis has not answered ${asked()} commands` }
  }

  /**
   * Politely where Redis answers, and otherwise, or when that takes too long, by `force`: BullMQ would wait for a Redis that is away or silent.
   */
  async close(ctx: StopContext, polite = () => this.value.close(), force = async () => this.destroy()): Promise<void> {
    this.watch.unfollow()
    const { value } = this
    const live = canEndWait(value) && (await answers(value, Math.min(LAST_PING, msUntil(ctx.deadline) / 4), ctx.signal))
    const closed = live && (await within(polite(), msUntil(ctx.deadline) / 2, ctx.signal))
    if (!closed) return void (await within(force(), msUntil(ctx.deadline) / 2, ctx.signal))
    destroySockets(value, this.#sharesMain)
    await closeOwn(this.#target.own, msUntil(ctx.deadline) / 2, ctx.signal)
  }

  /** Ends its connections at once. */
  destroy(): void {
    this.watch.unfollow()
    cutOff(this.value)
    destroySockets(this.value, this.#sharesMain)
    if (this.#target.own) void closeOwn(this.#target.own, 0, AbortSignal.abort())
  }

  /** Within `timeouts.check`, so that the error tells more than that time ran out. */
  async check(timeouts: Timeouts | undefined, signal: AbortSignal, ask?: () => Promise<unknown>): Promise<void> {
    await this.watch.check(patience(timeouts?.check, 5_000), signal, ask)
  }
}

/** Milliseconds after which a hook fails with the reason itself: nine tenths of its timeout. `fallback` is the kernel's default. */
export function patience(timeout: number | undefined, fallback: number): number {
  return 0.9 * (timeout ?? fallback)
}

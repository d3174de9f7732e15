import type { StartContext } from '@keelson/kernel'
import { finalize, isObservable, NEVER } from 'rxjs'

/** In ms: a client that is to leave and never has none in flight for so long is not heard any more. */
const PATIENCE = 2_000

/** The messages that handlers of one app work on. They are in the ledger of its resource, whose drain waits for them. */
export class MessagesInFlight {
  readonly #ctx: StartContext
  /** Of each client. */
  readonly #open = new Map<object, number>()
  readonly #waiting = new Set<() => void>()
  /** Clients whose messages are not handled any more, nor answered: they may be sent again. */
  readonly #unheard = new WeakSet<object>()

  constructor(ctx: StartContext) {
    this.#ctx = ctx
  }

  /** Calls a handler; the message is in flight until what it returns has settled: a value, a promise or an observable, or a promise of one. */
  handle(label: string, client: object, handler: () => unknown): unknown {
    if (this.#unheard.has(client)) return NEVER
    const end = this.#begin(label, client)
    let result: unknown
    try {
      result = handler()
    } catch (error) {
      end()
      throw error
    }
    const settled = (value: unknown) => {
      if (isObservable(value)) return value.pipe(finalize(end))
      end()
      return value
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return settled(result)
    return (result as PromiseLike<unknown>).then(settled, (error: unknown) => {
      end()
      throw error
    })
  }

  /** How many there are of a client. */
  of(client: object): number {
    return this.#open.get(client) ?? 0
  }

  /** Resolves when there is none of a client that is to leave. */
  async settled(client: object): Promise<void> {
    const patience = setTimeout(() => this.#unheard.add(client), PATIENCE)
    while (this.of(client) > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    clearTimeout(patience)
    this.#unheard.add(client)
  }

  #begin(label: string, client: object): () => void {
    let settle = () => {}
    const work = new Promise<void>((resolve) => {
      settle = resolve
    })
    // What comes after the drain is nobody's: its client is about to be gone.
    this.#ctx.track(label, work).catch(() => {})
    this.#open.set(client, this.of(client) + 1)
    let over = false
    return () => {
      if (over) return
      over = true
      // The answer is written in one of the next turns.
      setImmediate(() => setImmediate(() => this.#end(client, settle)))
    }
  }

  #end(client: object, settle: () => void): void {
    settle()
    const left = this.of(client) - 1
    if (left > 0) this.#open.set(client, left)
    else this.#open.delete(client)
    for (const check of this.#waiting) check()
    this.#waiting.clear()
  }
}

/** Calls `drain` when an instance is told to end, or at once when it was, as work that its drain waits for. */
export function whenStopping({ stopping, track }: StartContext, label: string, drain: () => Promise<void>): void {
  const begin = () => void track(label, drain).catch(() => {})
  if (stopping.aborted) begin()
  else stopping.addEventListener('abort', begin, { once: true })
}

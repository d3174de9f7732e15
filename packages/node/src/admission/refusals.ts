import type { KernelView } from '@keelson/kernel'
import { clearTimeout, now, setTimeout } from '../time.js'

/** Hears of the servers of a kernel that refuse requests. */
export interface RefusalListener {
  /** One begins to, and why. */
  began(resource: string, reason: string): void
  /** It has refused none for ten seconds: how many it did, and from the first to the last in how many ms. */
  ended(resource: string, refused: number, durationMs: number): void
}

/** Without a refusal for so long, in ms, a server refuses no more. */
const OVER = 10_000

const listeners = new Map<RefusalListener, KernelView>()

/** Returns a function that ends it. */
export function onRefusals(kernel: KernelView, listener: RefusalListener): () => void {
  listeners.set(listener, kernel)
  return () => void listeners.delete(listener)
}

/** The refusals of one server, which are told when they begin and when they are over. */
export class Refusals {
  readonly #kernel: KernelView
  readonly #resource: string
  readonly #over: number
  #count = 0
  #first = 0
  #last = 0
  #timer: NodeJS.Timeout | undefined

  constructor(kernel: KernelView, resource: string, over = OVER) {
    this.#kernel = kernel
    this.#resource = resource
    this.#over = over
  }

  /** `reason` is asked for the first of a row only. */
  happened(reason: () => string): void {
    this.#last = now()
    if (++this.#count > 1) return
    this.#first = this.#last
    this.#timer = this.#look(this.#over)
    this.#tell((listener) => listener.began(this.#resource, reason()))
  }

  end(): void {
    clearTimeout(this.#timer)
    if (this.#count > 0) this.#tellEnd()
  }

  #look(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      const rest = this.#last + this.#over - now()
      if (rest > 0) this.#timer = this.#look(rest)
      else this.#tellEnd()
    }, ms).unref()
  }

  #tellEnd(): void {
    const count = this.#count
    this.#count = 0
    this.#tell((listener) => listener.ended(this.#resource, count, this.#last - this.#first))
  }

  /** A resource only sees a view of its kernel, but what both show as their probe is one object. */
  #tell(tell: (listener: RefusalListener) => void): void {
    for (const [listener, kernel] of listeners) if (kernel.probe() === this.#kernel.probe()) tell(listener)
  }
}

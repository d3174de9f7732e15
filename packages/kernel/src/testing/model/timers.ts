import type { Clock } from '../../time/clock.js'

/** The clock of a run as hooks see it: it counts their timers, so that those of the kernel can be told apart. */
export class HookClock implements Clock {
  readonly #clock: Clock
  readonly #open = new Set<unknown>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#open.size
  }

  now(): number {
    return this.#clock.now()
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const handle = this.#clock.setTimeout(() => {
      this.#open.delete(handle)
      callback()
    }, ms)
    this.#open.add(handle)
    return handle
  }

  clearTimeout(handle: unknown): void {
    this.#open.delete(handle)
    this.#clock.clearTimeout(handle)
  }
}

import type { Entry, Say } from './log.js'

interface Held {
  readonly line: () => Entry
  dropped: boolean
}

/**
 * Says lines in order, and holds one about an error until the end of the turn: what the kernel does about that error it tells in the
 * same turn, and then one line says both.
 */
export class Turn {
  readonly #say: Say
  #queue: Held[] = []
  readonly #held = new Map<unknown, Held>()

  constructor(say: Say) {
    this.#say = say
  }

  readonly say: Say = (entry) => {
    if (this.#queue.length === 0) this.#say(entry)
    else this.#queue.push({ line: () => entry, dropped: false })
  }

  hold(error: unknown, line: () => Entry): void {
    const held = { line, dropped: false }
    if (this.#queue.length === 0) queueMicrotask(() => this.flush())
    this.#queue.push(held)
    this.#held.set(error, held)
  }

  /** Another line tells of this error. */
  drop(error: unknown): void {
    const held = this.#held.get(error)
    if (held !== undefined) held.dropped = true
  }

  flush(): void {
    const queue = this.#queue
    this.#queue = []
    this.#held.clear()
    for (const { line, dropped } of queue) if (!dropped) this.#say(line())
  }
}

import type { Entry, Say } from './log.js'

interface Pending {
  line: () => Entry
}

/**
 * Says lines in order, and holds one about an error until the end of the turn: what the kernel does about that error it tells in the
 * same turn, and then one line says both.
 */
export class Turn {
  readonly #say: Say
  #queue: Pending[] = []
  readonly #held = new Map<unknown, Pending>()

  constructor(say: Say) {
    this.#say = say
  }

  readonly say: Say = (entry) => {
    if (this.#queue.length === 0) this.#say(entry)
    else this.#queue.push({ line: () => entry })
  }

  hold(error: unknown, line: () => Entry): void {
    const held = { line }
    if (this.#queue.length === 0) queueMicrotask(() => this.flush())
    this.#queue.push(held)
    this.#held.set(error, held)
  }

  /** Says a line that tells of an error, too, in the place of the one that was held. */
  sayOf(error: unknown, entry: Entry): void {
    const held = this.#held.get(error)
    if (held === undefined) return this.say(entry)
    held.line = () => entry
    this.#held.delete(error)
  }

  flush(): void {
    const queue = this.#queue
    this.#queue = []
    this.#held.clear()
    for (const { line } of queue) this.#say(line())
  }
}

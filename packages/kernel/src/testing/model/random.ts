/** Numbers that look like chance and follow from a seed. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring first numbers.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
    this.next()
  }

  /** Other numbers that follow from where this one is, which stays there. */
  fork(): SeededRandom {
    return new SeededRandom(this.#state ^ 0x5bd1e995)
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** A whole number from 0 up to `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** A count whose average is `mean`. */
  count(mean: number): number {
    return Math.floor(this.next() * 2 * mean + this.next())
  }
}

/** The newest so many of what was put into it. */
export class Ring<T> {
  readonly #size: number
  #items: T[] = []

  constructor(size: number) {
    this.#size = size
  }

  push(item: T): void {
    this.#items.push(item)
    // Not at each, which would move all of them.
    if (this.#items.length >= this.#size * 2) this.#items = this.#items.slice(-this.#size)
  }

  get last(): T | undefined {
    return this.#items.at(-1)
  }

  /** Oldest first. */
  toArray(): readonly T[] {
    return this.#items.length <= this.#size ? this.#items : this.#items.slice(-this.#size)
  }
}

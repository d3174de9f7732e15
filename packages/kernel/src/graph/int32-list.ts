/** A growing list of 32-bit integers: four bytes an entry, and no object per entry for the collector to visit. */
export class Int32List {
  #items: Int32Array
  #length: number

  constructor(initial: readonly number[] = []) {
    this.#items = new Int32Array(Math.max(16, initial.length))
    this.#items.set(initial)
    this.#length = initial.length
  }

  get length(): number {
    return this.#length
  }

  /** Only ever shortened. */
  set length(length: number) {
    this.#length = length
  }

  at(index: number): number {
    return this.#items[index]!
  }

  set(index: number, value: number): void {
    this.#items[index] = value
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const grown = new Int32Array(this.#length * 2)
      grown.set(this.#items)
      this.#items = grown
    }
    this.#items[this.#length++] = value
  }
}

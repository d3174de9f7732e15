/** A timer that waits for its time. */
export interface HeapTimer {
  readonly at: number
  readonly callback: () => void
}

class Entry implements HeapTimer {
  readonly at: number
  readonly order: number
  callback: () => void
  /** Fired or cleared. */
  over = false

  constructor(at: number, order: number, callback: () => void) {
    this.at = at
    this.order = order
    this.callback = callback
  }
}

/** Timers by time, and among equals in the order in which they were set. What is cleared is left out when its turn comes. */
export class TimerHeap {
  #heap: Entry[] = []
  #order = 0
  #over = 0

  get size(): number {
    return this.#heap.length - this.#over
  }

  /** The one that is due next. */
  get first(): HeapTimer | undefined {
    while (this.#heap[0]?.over) {
      this.#shift()
      this.#over--
    }
    return this.#heap[0]
  }

  add(at: number, callback: () => void): unknown {
    const entry = new Entry(at, this.#order++, callback)
    this.#rise(this.#heap.push(entry) - 1)
    return entry
  }

  /** Takes out the one that is due next. */
  take(): HeapTimer | undefined {
    const first = this.first
    if (first === undefined) return undefined
    const entry = this.#shift()
    entry.over = true
    return entry
  }

  /** Clears a timer that has not fired; anything else is left as it is. */
  remove(handle: unknown): void {
    if (!(handle instanceof Entry) || handle.over) return
    handle.over = true
    handle.callback = NOTHING // what it was to do may hang on much
    this.#over++
    if (this.#over > 64 && this.#over > this.#heap.length / 2) this.#sweep()
  }

  #sweep(): void {
    const kept = this.#heap.filter(({ over }) => !over)
    this.#over = 0
    // A sorted array is a heap.
    this.#heap = kept.sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }

  #shift(): Entry {
    const first = this.#heap[0]!
    const last = this.#heap.pop()!
    if (last !== first) {
      this.#heap[0] = last
      this.#sink(0)
    }
    return first
  }

  #rise(at: number): void {
    const heap = this.#heap
    for (let i = at; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!isBefore(heap[i]!, heap[parent]!)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  #sink(at: number): void {
    const heap = this.#heap
    for (let i = at; ; ) {
      const left = 2 * i + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
      if (!isBefore(heap[child]!, heap[i]!)) return
      this.#swap(i, child)
      i = child
    }
  }

  #swap(i: number, j: number): void {
    const heap = this.#heap
    const entry = heap[i]!
    heap[i] = heap[j]!
    heap[j] = entry
  }
}

const NOTHING = () => {}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

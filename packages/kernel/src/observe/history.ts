import type { KeelsonError } from '../errors.js'

/** One result of a check. */
export interface CheckRecord {
  /** When it ended, in ms since the epoch. */
  readonly at: number
  readonly ok: boolean
  readonly durationMs: number
  readonly error?: KeelsonError
}

/** The last `capacity` results of a resource's checks: a ring, so that memory stays flat. */
export class History {
  readonly #ring: CheckRecord[] = []
  readonly #capacity: number
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  push(record: CheckRecord): void {
    this.#ring[this.#next] = record
    this.#next = (this.#next + 1) % this.#capacity
  }

  /** Oldest first. */
  toArray(): CheckRecord[] {
    const ring = this.#ring
    return ring.length < this.#capacity ? ring.slice() : [...ring.slice(this.#next), ...ring.slice(0, this.#next)]
  }

  get last(): CheckRecord | undefined {
    return this.#ring.at(this.#next - 1)
  }
}

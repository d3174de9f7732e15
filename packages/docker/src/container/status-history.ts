import type { ContainerStatus } from './container-status.js'

/** One look at a container. */
export interface StatusRecord {
  /** In ms since the epoch. */
  readonly at: number
  readonly status: ContainerStatus
  /** How long the engine and the container's own probe took to answer. */
  readonly responseMs: number
  readonly reason?: string
}

/** The highest number of records of one container. */
const LIMIT = 10_000

/** The records of the last `keep` ms, oldest first. */
export class StatusHistory {
  readonly #keep: number
  #records: StatusRecord[] = []
  /** The index of the oldest record that is kept; the array is copied only when more than half of it is dropped. */
  #first = 0

  constructor(keep: number) {
    this.#keep = keep
  }

  push(record: StatusRecord): void {
    this.#records.push(record)
    this.#drop(record.at)
  }

  since(now: number): readonly StatusRecord[] {
    this.#drop(now)
    return this.#records.slice(this.#first)
  }

  #drop(now: number): void {
    const records = this.#records
    while (this.#first < records.length && records[this.#first]!.at <= now - this.#keep) this.#first++
    this.#first = Math.max(this.#first, records.length - LIMIT)
    if (2 * this.#first <= records.length) return
    this.#records = records.slice(this.#first)
    this.#first = 0
  }
}

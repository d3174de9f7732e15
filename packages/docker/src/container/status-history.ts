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

/** However short the interval is, no more than this is kept of one container. */
const MOST = 10_000

/** The records of the last `keep` ms, oldest first. */
export class StatusHistory {
  readonly #keep: number
  #records: StatusRecord[] = []
  /** Where the kept ones begin: the front is cut off only now and then. */
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
    this.#first = Math.max(this.#first, records.length - MOST)
    if (2 * this.#first <= records.length) return
    this.#records = records.slice(this.#first)
    this.#first = 0
  }
}

import { Deferred } from '../time/deferred.js'
import type { WorkInFlight, WorkSnapshot } from '../words.js'

/** Tells what work a resource has that it counts itself, such as the requests of a server. */
export type WorkReader = () => Iterable<WorkInFlight>

/** One piece of work that its resource is drained for. */
export interface Piece {
  readonly label: string
  /** In ms since the epoch. */
  readonly since: number
}

const MOST = 5
const LONGEST_LABEL = 120

/** W1: the work in flight of one instance: what is tracked, with leases, and what others count, which is only read. */
export class Workload {
  /** In the order in which it began. */
  readonly #open = new Set<Piece>()
  #readers: Set<WorkReader> | undefined
  /** For who waits until nothing is open. */
  #settled: Deferred<void> | undefined

  /** How many pieces are waited for: what is only read is not among them. */
  get open(): number {
    return this.#open.size
  }

  begin(label: string, since: number): Piece {
    const piece = { label, since }
    this.#open.add(piece)
    return piece
  }

  end(piece: Piece): void {
    this.#open.delete(piece)
    if (this.#open.size > 0) return
    this.#settled?.resolve()
    this.#settled = undefined
  }

  /** Settles when nothing is open. */
  settled(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    this.#settled ??= new Deferred()
    return this.#settled.promise
  }

  /** Returns a function that takes the reader off again. */
  addReader(reader: WorkReader): () => void {
    this.#readers ??= new Set()
    const readers = this.#readers
    readers.add(reader)
    return () => readers.delete(reader)
  }

  /** All of it now; undefined when there is none. */
  read(now: number): WorkSnapshot | undefined {
    let count = this.#open.size
    const oldest: WorkInFlight[] = []
    for (const { label, since } of this.#open) {
      if (oldest.length === MOST) break
      oldest.push({ label: shortened(label), sinceMs: Math.max(0, now - since) })
    }
    for (const reader of this.#readers ?? []) {
      const found = readBy(reader)
      count += found.length
      oldest.push(...found)
    }
    if (count === 0) return undefined
    return { count, oldest: oldest.sort((a, b) => b.sinceMs - a.sinceMs).slice(0, MOST) }
  }
}

/** The oldest may be many, and a reader that fails tells of nothing: to look on must disturb nobody. */
function readBy(reader: WorkReader): WorkInFlight[] {
  const found: WorkInFlight[] = []
  try {
    for (const { label, sinceMs, hint } of reader()) {
      if (typeof label !== 'string' || typeof sinceMs !== 'number') continue
      found.push({ label: shortened(label), sinceMs: Math.max(0, sinceMs), ...(typeof hint === 'string' && { hint }) })
    }
  } catch {
    // What it told of until then counts.
  }
  return found
}

function shortened(label: string): string {
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label
}

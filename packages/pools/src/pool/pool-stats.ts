/** What a pool holds now, and what it has made and given up since it started. */
export interface PoolStats {
  /** Open connections: `idle + busy`, and `created - destroyed`. */
  readonly size: number
  /** Open and lent to nobody. */
  readonly idle: number
  /** Lent to at least one caller. */
  readonly busy: number
  /** Callers that wait for a connection, those included for whom one is being opened. */
  readonly waiting: number
  readonly created: number
  readonly destroyed: number
}

/** Field by field. */
export function sumOfStats(all: Iterable<PoolStats>): PoolStats {
  const sum = { size: 0, idle: 0, busy: 0, waiting: 0, created: 0, destroyed: 0 }
  for (const stats of all) {
    sum.size += stats.size
    sum.idle += stats.idle
    sum.busy += stats.busy
    sum.waiting += stats.waiting
    sum.created += stats.created
    sum.destroyed += stats.destroyed
  }
  return sum
}

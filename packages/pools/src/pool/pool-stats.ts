/** The connections of a pool now, and how many it has opened and closed since it started. */
export interface PoolStats {
  /** Open connections: `idle + busy`, and `created - destroyed`. */
  readonly size: number
  /** Open and not lent. */
  readonly idle: number
  /** Lent to at least one caller. */
  readonly busy: number
  /** Callers that wait for a connection, those included for whom one is being opened. */
  readonly waiting: number
  /** Connections that were opened since the start. */
  readonly created: number
  /** Connections that were closed or lost since the start. */
  readonly destroyed: number
}

/** The sum of each field. */
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

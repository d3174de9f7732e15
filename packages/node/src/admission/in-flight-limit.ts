/**
 * How many requests may be in flight while the event loop has more to do than it should. Nobody can know that number beforehand, so it is
 * felt for, as TCP feels for the rate of a line: too much takes a part of it away, every good moment gives a little back. It follows
 * the load within some ten milliseconds, and neither locks (it grows without anybody asking) nor swings between all and nothing.
 */
export interface InFlightLimit {
  readonly now: number
  /** In a row, moments in which nothing was late and nobody refused. */
  readonly calm: number
}

/** What was seen in the moment that has just passed, of `MOMENT` ms. */
export interface Moment {
  /** The event loop was later than it may be. */
  readonly late: boolean
  /** How much busier it was than it may be: 1.25 where it may be busy for 0.8 of the time and was for all of it. At most 1: fine. */
  readonly overuse: number
  /** Whether that has just been measured, or is still what it was. */
  readonly measured: boolean
  /** The most requests that were in flight at once lately. */
  readonly peak: number
  /** Somebody was refused. */
  readonly refused: boolean
}

/** In ms. */
export const MOMENT = 10

/** After so many calm moments there is no limit any more. */
const CALM = 100

export const NO_LIMIT: InFlightLimit = { now: Number.POSITIVE_INFINITY, calm: 0 }

export function nextLimit({ now, calm }: InFlightLimit, { late, overuse, measured, peak, refused }: Moment): InFlightLimit {
  const most = Math.min(now, peak)
  if (late) return { now: Math.floor(most * 0.8), calm: 0 }
  if (overuse > 1) return { now: measured ? Math.floor(most / overuse) : now, calm: 0 }
  const stillCalm = refused ? 0 : calm + 1
  if (stillCalm >= CALM) return NO_LIMIT
  return { now: now + Math.max(1, Math.floor(now / 64)), calm: stillCalm }
}

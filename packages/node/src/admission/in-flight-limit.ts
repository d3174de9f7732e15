/**
 * How many requests may be in flight while the event loop has more to do than it should. Nobody can know that number beforehand, so it is
 * felt for, as TCP feels for what a line can carry: too much takes a part of it away, good moments give it back, fast up to a quarter of
 * what was too much and slowly from there. So it neither locks (it grows without anybody asking) nor swings between all and nothing.
 */
export interface InFlightLimit {
  /** Whole requests are let in below it. */
  readonly now: number
  /** How many were in flight when it began to be too much. */
  readonly knee: number
  /** Good moments in a row, and those of them in which nobody was refused. */
  readonly good: number
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

/** What is late again after fewer good moments is late because of the same. */
const RECOVERED = 10

export const NO_LIMIT: InFlightLimit = { now: Number.POSITIVE_INFINITY, knee: 0, good: RECOVERED, calm: 0 }

export function nextLimit(limit: InFlightLimit, { late, overuse, measured, peak, refused }: Moment): InFlightLimit {
  const { now } = limit
  const most = Math.min(now, peak)
  const knee = limit.good >= RECOVERED ? most : limit.knee
  if (late) return { now: Math.floor(most * 0.8), knee, good: 0, calm: 0 }
  if (overuse > 1) return measured ? { now: Math.floor((most * 0.8) / overuse), knee, good: 0, calm: 0 } : { ...limit, calm: 0 }
  const calm = refused ? 0 : limit.calm + 1
  if (calm >= CALM) return NO_LIMIT
  return { now: now + growth(now, limit.knee), knee: limit.knee, good: limit.good + 1, calm }
}

function growth(now: number, knee: number): number {
  return now < Math.max(1, knee / 4) ? Math.max(1, now / 8) : Math.max(0.1, now / 256)
}

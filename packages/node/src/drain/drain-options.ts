export interface DrainOptions {
  /** Idle connections are closed after this long without a new request on any connection, in ms. Default 150. */
  quietWindow?: number
  /** How long an upgraded socket may stay open after its goodbye, in ms. Default 3_000. */
  upgradeTimeout?: number
  /**
   * While the server drains, a connection that only waits for its client is cut after this long, in ms, but at the latest after half of
   * the time that the drain has: a request head that does not get complete, a body or an answer of which less than 1 KiB a second moves.
   * Default 5_000; `Infinity` waits.
   */
  slowTimeout?: number
  /**
   * An event stream (`text/event-stream`, asked for with GET) that has not ended by itself is ended after this long, in ms, with a
   * `retry:` for its client: counted from the beginning of the drain, or from the abort of its `drainSignal()`. At the latest after half
   * of the time that the drain has then. Default 5_000; `Infinity` leaves them until the deadline.
   */
  streamTimeout?: number
  /**
   * The time over which WebSockets, other upgraded sockets and event streams are told goodbye, one after the other, in ms, so that
   * their clients do not come back all at once. Default: 20 ms for each, at most half of the time that the drain has (10 s when that is
   * not known). Never more than three quarters of that time; 0 tells all at once.
   */
  spread?: number
  /**
   * When clients that are told goodbye are to come back at the earliest, in ms; each is told another time, up to twice this, and a later
   * one when `spread` is short for so many. Default 1_000.
   */
  retry?: number
}

/** With every default in its place. */
export type DrainSettings = Required<Omit<DrainOptions, 'spread'>> & Pick<DrainOptions, 'spread'>

/** @throws RangeError when an option is not a number of milliseconds. */
export function drainOptions({
  quietWindow = 150,
  upgradeTimeout = 3_000,
  slowTimeout = 5_000,
  streamTimeout = 5_000,
  spread,
  retry = 1_000,
}: DrainOptions): DrainSettings {
  return {
    quietWindow: milliseconds('quietWindow', quietWindow),
    upgradeTimeout: milliseconds('upgradeTimeout', upgradeTimeout),
    slowTimeout: unlimited('slowTimeout', slowTimeout),
    streamTimeout: unlimited('streamTimeout', streamTimeout),
    retry: milliseconds('retry', retry),
    ...(spread !== undefined && { spread: milliseconds('spread', spread) }),
  }
}

function unlimited(name: keyof DrainOptions, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : milliseconds(name, value)
}

function milliseconds(name: keyof DrainOptions, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1) return value
  throw new RangeError(`drainServer: ${name} must be a number of milliseconds from 0 to 2147483647, not ${String(value)}`)
}

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
}

/** @throws RangeError when an option is not a number of milliseconds. */
export function drainOptions({
  quietWindow = 150,
  upgradeTimeout = 3_000,
  slowTimeout = 5_000,
}: DrainOptions): Required<DrainOptions> {
  return {
    quietWindow: milliseconds('quietWindow', quietWindow),
    upgradeTimeout: milliseconds('upgradeTimeout', upgradeTimeout),
    slowTimeout: slowTimeout === Number.POSITIVE_INFINITY ? slowTimeout : milliseconds('slowTimeout', slowTimeout),
  }
}

function milliseconds(name: keyof DrainOptions, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1) return value
  throw new RangeError(`drainServer: ${name} must be a number of milliseconds from 0 to 2147483647, not ${String(value)}`)
}

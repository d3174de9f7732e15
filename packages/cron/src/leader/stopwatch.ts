import type { Clock } from '@keelson/kernel'

/**
 * How much time has passed, in ms, at the most that a clock can tell: a machine that slept may have stopped the one that timers go by, and
 * the time of day may have been set. Whoever holds a lease must not believe in the shorter one.
 */
export class Stopwatch {
  readonly #clock: Clock
  #since: number
  #wallSince: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
    this.#wallSince = wallOf(clock)
  }

  get elapsed(): number {
    return Math.max(this.#clock.now() - this.#since, wallOf(this.#clock) - this.#wallSince)
  }

  /** As of when another was begun. */
  follow(other: Stopwatch): void {
    this.#since = other.#since
    this.#wallSince = other.#wallSince
  }
}

function wallOf(clock: Clock): number {
  return clock.wall?.() ?? clock.now()
}

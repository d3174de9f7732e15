/** Upper bounds in ms of how long checks take: a local engine answers within a few, and the default timeout is 10 s. */
export const BOUNDS: readonly number[] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]

/** How often checks took how long, since the container is watched. */
export class ResponseTimes {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0)
  #sum = 0

  push(ms: number): void {
    const bucket = BOUNDS.findIndex((bound) => ms <= bound)
    this.#counts[bucket < 0 ? BOUNDS.length : bucket]!++
    this.#sum += ms
  }

  /** The number of those within each bound, with those below it, and of all. */
  get cumulative(): readonly number[] {
    let before = 0
    return this.#counts.map((count) => (before += count))
  }

  get sum(): number {
    return this.#sum
  }
}

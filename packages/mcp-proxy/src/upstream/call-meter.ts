/** How many response times are kept. */
const TIMES = 60

/** What is counted of the calls to one server, by whatever session they go. */
export class CallMeter {
  calls = 0
  inFlight = 0
  /** Over the limit. */
  refused = 0
  readonly #times: number[] = []
  #isWatched = false

  /** What the last calls took, in ms, oldest first; they are measured from the first look on. */
  get times(): readonly number[] {
    this.#isWatched = true
    return this.#times
  }

  /** Gives what `end` is to be given. */
  begin(): number {
    this.calls++
    this.inFlight++
    return this.#isWatched ? performance.now() : 0
  }

  end(begun: number): void {
    this.inFlight--
    if (begun === 0) return
    this.#times.push(performance.now() - begun)
    if (this.#times.length > TIMES) this.#times.shift()
  }
}

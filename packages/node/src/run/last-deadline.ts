import { clearTimeout, setImmediate, setTimeout } from '../time.js'

/** In ms: the longest that a timer can wait. */
const LONGEST = 2 ** 31 - 1

/**
 * X12: when a shutdown has to be over, whatever the kernel does. Its timer is none that a test may have faked. What is due at the same
 * time, because the event loop was blocked, comes first.
 */
export class LastDeadline {
  readonly #passed: (ms: number) => void
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(passed: (ms: number) => void) {
    this.#passed = passed
  }

  /** From now on; one that was set before is replaced. Without a limit, or one that no timer can wait for, there is none. */
  set(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#ended || !(ms <= LONGEST)) return
    this.#timer = setTimeout(() => setImmediate(() => this.#due(ms)), ms)
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #due(ms: number): void {
    if (this.#ended) return
    this.end()
    this.#passed(ms)
  }
}

import type { Clock } from '../time/clock.js'
import { FailedStart, type FailedSubject, holdsAnything } from './failed-start.js'
import type { Instance } from './instance.js'
import type { Release } from './release.js'

/** Who is told how a pause goes. */
export interface PauseListener {
  /** What the failed try had acquired is released. */
  released(): void
  /** The next try may begin. */
  over(): void
}

/** R1: the time between two tries of a start. What the failed one had acquired is released meanwhile; the next waits for both. */
export class Pause {
  /** Of what the failed try had acquired, while it goes on. */
  release: Release | undefined
  readonly #clock: Clock
  readonly #listener: PauseListener
  readonly #timer: unknown
  #waiting = true
  /** It was cancelled; who waits for the release. */
  #then: (() => void) | undefined

  constructor(subject: FailedSubject, failed: Instance, delayMs: number, listener: PauseListener) {
    this.#clock = subject.host.clock
    this.#listener = listener
    if (holdsAnything(failed)) this.release = new FailedStart(subject, failed, () => this.#released()).release
    this.#timer = this.#clock.setTimeout(() => {
      this.#waiting = false
      if (this.release === undefined) listener.over()
    }, delayMs)
  }

  begin(): void {
    if (this.release === undefined) this.#listener.released()
    else this.release.cleanUp()
  }

  /** There will be no other try; returns the release of the failed one, where that goes on: `then` is called when it is over. */
  cancel(then: () => void): Release | undefined {
    this.#clock.clearTimeout(this.#timer)
    this.#waiting = true
    this.#then = then
    return this.release
  }

  #released(): void {
    this.release = undefined
    if (this.#then !== undefined) return this.#then()
    this.#listener.released()
    if (!this.#waiting && this.#then === undefined) this.#listener.over()
  }
}

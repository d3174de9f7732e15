import { MONITOR } from '../defaults.js'
import { checksOpen } from '../errors.js'
import type { Deadlines } from '../time/deadline.js'
import { type CheckDone, type Checked, CheckRun } from './check-run.js'

/**
 * The checks of one instance, one after the other (H1). One that ran out of time is given up, and the next is called all the same:
 * a hung query says nothing about the one after it. With three of them open, the next fails without being called.
 */
export class Checks {
  readonly #checked: Checked
  readonly #deadlines: Deadlines
  #current: CheckRun | undefined
  /** Given up, and not settled; the oldest first. */
  #abandoned: readonly CheckRun[] = []

  constructor(checked: Checked, deadlines: Deadlines) {
    this.#checked = checked
    this.#deadlines = deadlines
  }

  begin(done: CheckDone): void {
    const { owner } = this.#checked
    if (this.#current?.open) this.#abandoned = [...this.#abandoned, this.#current]
    this.#current = undefined
    if (this.#abandoned.length > 0) this.#abandoned = this.#abandoned.filter(({ open }) => open)
    if (this.#abandoned.length >= MONITOR.abandoned) {
      const openMs = owner.host.clock.now() - this.#abandoned[0]!.startedAt
      return done(checksOpen(owner.name, this.#abandoned.length, openMs), openMs)
    }
    this.#current = new CheckRun(this.#checked, this.#deadlines, done)
    this.#current.begin()
  }

  /** Nobody waits for the current one any more. */
  cancel(reason: unknown): void {
    if (this.#current?.over === false) this.#current.cancel(reason)
  }
}

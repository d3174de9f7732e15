import { FIRST_CHECKS } from '../defaults.js'
import type { KeelsonError } from '../errors.js'
import type { Checked } from './check-run.js'
import { Checks } from './checks.js'

/** S2: repeats the check of a fresh instance, less and less often, until it passes or the start is over. */
export class Readiness {
  /** Why the last check did not pass. */
  error: KeelsonError | undefined
  readonly #checked: Checked
  readonly #checks: Checks
  readonly #passed: () => void
  #delay: number = FIRST_CHECKS.delay
  #retry: unknown
  #over = false

  constructor(checked: Checked, passed: () => void) {
    this.#checked = checked
    this.#checks = new Checks(checked, checked.owner.host.deadlines)
    this.#passed = passed
  }

  begin(): void {
    this.#checks.begin((error, durationMs) => {
      if (this.#over) return
      this.error = error
      this.#checked.owner.firstChecked(error, durationMs)
      if (this.#over) return // a listener that was told of the result may have asked for a shutdown
      if (error === undefined) return this.#passed()
      this.#retry = this.#checked.owner.host.clock.setTimeout(() => this.begin(), this.#delay)
      this.#delay = Math.min(this.#delay * FIRST_CHECKS.factor, FIRST_CHECKS.maxDelay)
    })
  }

  cancel(reason: unknown): void {
    this.#over = true
    this.#checked.owner.host.clock.clearTimeout(this.#retry)
    this.#checks.cancel(reason)
  }
}

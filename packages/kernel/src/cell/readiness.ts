import type { KeelsonError } from '../errors.js'
import { CheckRun } from './check-run.js'
import type { Instance } from './instance.js'

const FIRST_RETRY = 10
const LAST_RETRY = 1_000

/** S2: repeats the check of a fresh instance, less and less often, until it passes or the start is over. */
export class Readiness {
  /** Why the last check did not pass. */
  error: KeelsonError | undefined
  readonly #instance: Instance
  readonly #passed: () => void
  #delay = FIRST_RETRY
  #retry: unknown
  #check: CheckRun | undefined

  constructor(instance: Instance, passed: () => void) {
    this.#instance = instance
    this.#passed = passed
  }

  begin(): void {
    const { cell } = this.#instance
    // H1: one that was given up may still be running; asking again would only pile up on what is stuck.
    if (this.#check?.open) return this.#retryLater()
    this.#check = new CheckRun(this.#instance, cell.host.deadlines, cell.timeout('check'), (error) => this.#checked(error))
    this.#check.begin()
  }

  cancel(reason: unknown): void {
    this.#instance.cell.host.clock.clearTimeout(this.#retry)
    this.#check?.cancel(reason)
  }

  #checked(error: KeelsonError | undefined): void {
    if (this.#instance.over) return
    this.error = error
    if (error === undefined) return this.#passed()
    this.#retryLater()
  }

  #retryLater(): void {
    this.#retry = this.#instance.cell.host.clock.setTimeout(() => this.begin(), this.#delay)
    this.#delay = Math.min(this.#delay * 2, LAST_RETRY)
  }
}

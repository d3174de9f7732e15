import { LAST_GRACE } from '../defaults.js'
import type { KeelsonError } from '../errors.js'
import type { HookSubject } from '../hook/hook-host.js'
import type { Outcome } from '../observe/ending.js'
import type { Instance } from './instance.js'
import { Release, type ReleaseListener } from './release.js'

export const START_FAILED = 'its start failed'

/** The resource whose start failed. */
export interface FailedSubject extends HookSubject {
  /** Its value is being released, from then on. */
  cleaning(at: number): void
  cleanUpFailed(error: KeelsonError): void
  /** Its value is released, as far as it could be. */
  cleaned(outcome: Outcome): void
}

/** The release of what a start that failed had acquired: its value, where the first check kept it from running, and its cleanups. */
export class FailedStart implements ReleaseListener {
  readonly release: Release
  readonly #subject: FailedSubject
  readonly #instance: Instance
  readonly #settled: (errors: readonly KeelsonError[]) => void
  readonly #errors: KeelsonError[] = []

  constructor(subject: FailedSubject, instance: Instance, settled: (errors: readonly KeelsonError[]) => void) {
    this.#subject = subject
    this.#instance = instance
    this.#settled = settled
    instance.cleaning = true
    const at = subject.host.clock.now()
    if (instance.hasValue) subject.cleaning(at)
    const end = at + subject.timeout('stop') + LAST_GRACE
    this.release = new Release(instance, { reason: START_FAILED, end, below: 0 }, this)
  }

  draining(): void {}

  stopping(): void {}

  releaseFailed(error: KeelsonError): void {
    this.#errors.push(error)
    this.#subject.cleanUpFailed(error)
  }

  released({ outcome, holdsValue }: Release): void {
    this.#instance.cleaning = false
    if (holdsValue) this.#subject.cleaned(outcome)
    this.#settled(this.#errors)
  }
}

/** Whether there is anything to release of a start that failed. */
export function holdsAnything({ hasValue, cleanups }: Instance): boolean {
  return hasValue || cleanups !== undefined
}

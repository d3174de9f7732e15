import { type KeelsonError, tryFailed } from '../errors.js'

/** The tries of a first start that has failed and is tried again (R1, R2). */
export interface Tries {
  /** How many have failed. */
  readonly failed: number
  /** Why the last one failed. */
  readonly error: KeelsonError
  /** What the probe says of it. */
  readonly trouble: KeelsonError
  /** Whether nobody waits for the next (R2). */
  readonly late: boolean
}

/** The next one begins. */
export function underWay(resource: string, tries: Tries): Tries {
  return { ...tries, trouble: tryFailed(resource, tries.failed, tries.error) }
}

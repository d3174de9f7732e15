import { RETRY } from '../defaults.js'
import type { RetryOptions } from '../define/resource.js'
import { type KeelsonError, tryFailed } from '../errors.js'
import { propertyOf } from '../foreign.js'
import { backoff } from '../time/backoff.js'

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

/** What the policy says when another try of a first start has failed. */
export interface Retry {
  /** How many tries it allows. */
  readonly attempts: number
  readonly delayMs: number
}

/** R1: decides on the next try; `failed` is how many have failed. Undefined when there is none. */
export function nextTry(
  retry: RetryOptions | true | undefined,
  failed: number,
  error: KeelsonError,
  random: () => number,
): Retry | undefined {
  if (retry === undefined) return undefined
  const policy = retry === true ? RETRY : { ...RETRY, ...given(retry) }
  if (failed >= policy.attempts || !mayPass(error)) return undefined
  return { attempts: policy.attempts, delayMs: backoff(policy, failed - 1, random) }
}

/** An option that is undefined is one that was left out. */
function given(retry: RetryOptions): RetryOptions {
  return Object.fromEntries(Object.entries(retry).filter(([, value]) => value !== undefined))
}

/** Whether time may mend it: what was misconfigured, told to end, or lacks what it requires, fails again. */
function mayPass(error: KeelsonError): boolean {
  if (error.code === 'ABORTED' || error.code === 'DEPENDENCY_FAILED') return false
  const seen = new Set<unknown>()
  for (let cause: unknown = error; typeof cause === 'object' && cause !== null && !seen.has(cause); ) {
    seen.add(cause)
    if (propertyOf(cause, 'code') === 'INVALID_OPTION') return false
    cause = propertyOf(cause, 'cause')
  }
  return true
}

import { RETRY } from '../defaults.js'
import type { RetryOptions } from '../define/resource.js'
import type { KeelsonError } from '../errors.js'
import { backoff } from '../time/backoff.js'

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
    const { code, cause: next } = cause as { code?: unknown; cause?: unknown }
    if (code === 'INVALID_OPTION') return false
    cause = next
  }
  return true
}

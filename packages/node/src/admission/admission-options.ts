import { type Check, checkOptions, invalidOption, must, type Where } from '../options.js'
import { isRetryAfter } from './retry-after.js'

/** How much a server takes on; at least one of the limits has to be set. */
export interface AdmissionOptions {
  /** Requests that may be in flight at once, those included whose client has left while their handler is at work. */
  maxInFlight?: number
  /** How late the event loop may be, in ms: while a turn of it has taken longer, nothing more is let in. */
  maxEventLoopDelay?: number
  /** How much of the time the event loop may be busy, from 0 to 1; measured every 100 ms. */
  maxEventLoopUtilization?: number
  /** What `Retry-After` tells a client that is refused, in ms, rounded up to whole seconds. Default 5_000. */
  retryAfter?: number
}

const LIMITS = ['maxInFlight', 'maxEventLoopDelay', 'maxEventLoopUtilization'] as const

export const ADMISSION_CHECKS: Readonly<Record<keyof AdmissionOptions, Check>> = {
  maxInFlight: (value) => must(Number.isSafeInteger(value) && (value as number) > 0, 'be a whole number above 0', value),
  maxEventLoopDelay: (value) => must(isFinitePositive(value), 'be a number of milliseconds above 0', value),
  maxEventLoopUtilization: (value) =>
    must(isFinitePositive(value) && value < 1, 'be a number above 0 and below 1, such as 0.9', value),
  retryAfter: isRetryAfter,
}

/** Throws `INVALID_OPTION` for what no server can be told. */
export function checkAdmission(where: Where, options: AdmissionOptions): void {
  checkOptions(where, 'admission.', options, ADMISSION_CHECKS)
  if (LIMITS.some((limit) => options[limit] !== undefined)) return
  throw invalidOption(where, 'admission', `limits nothing; give it ${LIMITS.join(', ')}, or leave it out`)
}

function isFinitePositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

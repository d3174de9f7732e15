import { type Check, must } from '../options.js'

/** In ms. */
const DEFAULT = 5_000

/** The longest that a header would be read for: a day. */
const LONGEST = 86_400_000

export const isRetryAfter: Check = (value) =>
  must(
    typeof value === 'number' && value > 0 && value <= LONGEST,
    `be a number of milliseconds above 0, at most ${LONGEST} (a day)`,
    value,
  )

/** The value of a `Retry-After` header: whole seconds, rounded up. */
export function retryAfterSeconds(ms: number = DEFAULT): string {
  return String(Math.ceil(ms / 1_000))
}

import type { Clock, RetryOptions } from '@keelson/kernel'
import { checkMs, invalidOption } from '../invalid-option.js'

/** As for the first start of a resource, but that a run is tried three times unless told otherwise. */
const RETRIES = { attempts: 3, delay: 500, factor: 2, maxDelay: 10_000, jitter: 0.1 } as const

/** How often a run is tried, and how long after each try that failed the next one comes, in ms. */
export class Retries {
  readonly attempts: number
  readonly #policy: Required<RetryOptions>

  /** @throws KeelsonError `INVALID_OPTION`. */
  constructor(resource: string, options: RetryOptions | undefined) {
    if (options !== undefined && (typeof options !== 'object' || options === null))
      throw invalidOption(resource, 'retries', 'must be an object', 'pass { attempts: 3 }')
    const given = Object.fromEntries(Object.entries(options ?? { attempts: 1 }).filter(([, value]) => value !== undefined))
    for (const [key, value] of Object.entries(given)) {
      if (!(key in RETRIES))
        throw invalidOption(resource, `retries.${key}`, 'does not exist', `use ${Object.keys(RETRIES).join(', ')}`)
      checkMs(resource, `retries.${key}`, value, key === 'attempts' || key === 'factor' ? 1 : 0)
    }
    this.#policy = { ...RETRIES, ...given }
    this.attempts = this.#policy.attempts
  }

  /** The pause after so many tries that failed. */
  delayAfter(failed: number, clock: Clock): number {
    const { delay, factor, maxDelay, jitter } = this.#policy
    const ms = Math.min(maxDelay, delay * factor ** (failed - 1))
    return ms * (1 - jitter * (clock.random?.() ?? Math.random()))
  }
}

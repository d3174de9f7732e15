import { KeelsonError } from '@keelson/kernel'
import type { RateLimiter } from './rate-limit.js'

/** The options of every framework's middleware. */
export interface RequestLimit<Request> {
  /** The key whose points a request takes; default the client's address, as the framework sees it behind proxies. */
  key?(request: Request): string
  /** How many points a request takes; default 1. */
  points?: number | ((request: Request) => number)
}

/** A limiter, or a function that chooses one for a request. */
export type LimiterFor<Request> = RateLimiter | ((request: Request) => RateLimiter)

/**
 * Called when the app is made, so that a mistake does not show only at the first request.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is neither a limiter nor a function that chooses one.
 */
export function checkLimiter(middleware: string, limiter: unknown): void {
  const { consume, reset, of } = Object(limiter) as Partial<Record<'consume' | 'reset' | 'of', unknown>>
  if (typeof limiter === 'function' || (typeof consume === 'function' && typeof reset === 'function')) return
  const remedy =
    typeof of === 'function'
      ? "choose it: limits.of('search'), or a function of the request that does"
      : 'pass the value that rateLimiter() starts with, as dependsOn gives it'
  throw new KeelsonError('INVALID_OPTION', `${middleware}(): the limiter is not one; ${remedy}`, {
    details: { option: 'limiter' },
  })
}

/** The answer to a request that is refused. */
export interface Refusal {
  readonly status: 429 | 503
  /** For the header `Retry-After`: whole seconds, 1 or more. */
  readonly retryAfter: string
  readonly text: string
}

/**
 * The answer to a request that is refused; undefined when it may pass. A limiter that has stopped refuses everything, with 503.
 *
 * @throws other errors of the limiter, for the framework's error handling.
 */
export async function judge<Request>(
  limiter: LimiterFor<Request>,
  { key, points = 1 }: RequestLimit<Request>,
  request: Request,
  address: string | undefined,
): Promise<Refusal | undefined> {
  const chosen = typeof limiter === 'function' ? limiter(request) : limiter
  const taken = typeof points === 'function' ? points(request) : points
  try {
    const { allowed, retryAfter } = await chosen.consume(key?.(request) ?? address ?? '', taken)
    if (allowed) return undefined
    return { status: 429, retryAfter: String(Math.max(1, Math.ceil(retryAfter / 1_000))), text: 'Too Many Requests' }
  } catch (error) {
    if (!(error instanceof KeelsonError) || error.code !== 'NOT_STARTED') throw error
    return { status: 503, retryAfter: '1', text: 'Service Unavailable' }
  }
}

import { KeelsonError } from '@keelson/kernel'
import { addressKey } from './address-key.js'
import type { RateLimit, RateLimiter } from './rate-limit.js'

/** The options of every framework's middleware. */
export interface RequestLimit<Request> {
  /**
   * The key whose points a request takes; default `addressKey()` of the client's address, as the framework sees it behind proxies.
   * What a stranger may choose freely, such as a header that nobody has checked, is no key: it limits nobody.
   */
  key?(request: Request): string
  /** How many bits of an IPv6 address are one client, from 1 to 128, when there is no `key`; default 64. */
  ipv6Prefix?: number
  /** How many points a request takes; default 1. */
  points?: number | ((request: Request) => number)
  /**
   * Tells clients where they stand by `RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-10 writes them: `true`
   * for a policy named `default`, or its name. Of several limiters that a request passes, the last one's count. Default `false`: they
   * tell strangers the limits.
   */
  headers?: boolean | string
}

/** What a policy may be called, so that it needs no escapes in a header. */
const POLICY = /^[\w-]+$/

/** A limiter, or a function that chooses one for a request. */
export type LimiterFor<Request> = RateLimiter | ((request: Request) => RateLimiter)

/**
 * Called when the app is made, so that a mistake does not show only at the first request.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is neither a limiter nor a function that chooses one, and for bad options.
 */
export function checkLimiter(middleware: string, limiter: unknown, { ipv6Prefix, headers }: RequestLimit<never>): void {
  const invalid = (option: string, problem: string) =>
    new KeelsonError('INVALID_OPTION', `${middleware}(): ${problem}`, { details: { option } })
  if (ipv6Prefix !== undefined && !(Number.isInteger(ipv6Prefix) && ipv6Prefix >= 1 && ipv6Prefix <= 128))
    throw invalid('ipv6Prefix', 'ipv6Prefix must be a whole number from 1 to 128')
  if (headers !== undefined && typeof headers !== 'boolean' && !(typeof headers === 'string' && POLICY.test(headers)))
    throw invalid('headers', 'headers must be true, false, or the name of a policy in letters, digits, - and _')
  const { consume, reset, of } = Object(limiter) as Partial<Record<'consume' | 'reset' | 'of', unknown>>
  if (typeof limiter === 'function' || (typeof consume === 'function' && typeof reset === 'function')) return
  const remedy =
    typeof of === 'function'
      ? "choose it: limits.of('search'), or a function of the request that does"
      : 'pass the value that rateLimiter() starts with, as dependsOn gives it'
  throw invalid('limiter', `the limiter is not one; ${remedy}`)
}

/** The answer to a request that is refused. */
export interface Refusal {
  readonly status: 429 | 503
  readonly text: string
}

/** What a response to a request has to say. */
export interface Verdict {
  /** Undefined when it may pass. */
  readonly refusal: Refusal | undefined
  /** Also of responses to requests that pass. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/**
 * Judges one request. A limiter that has stopped refuses everything, with 503.
 *
 * @throws other errors of the limiter, for the framework's error handling.
 */
export async function judge<Request>(
  limiter: LimiterFor<Request>,
  { key, points = 1, ipv6Prefix, headers = false }: RequestLimit<Request>,
  request: Request,
  address: string | undefined,
): Promise<Verdict> {
  const chosen = typeof limiter === 'function' ? limiter(request) : limiter
  const taken = typeof points === 'function' ? points(request) : points
  try {
    const count = await chosen.consume(key?.(request) ?? addressKey(address ?? '', ipv6Prefix), taken)
    const told = headers === false ? [] : standing(headers === true ? 'default' : headers, count)
    if (count.allowed) return { refusal: undefined, headers: told }
    const retryAfter = ['Retry-After', String(Math.max(1, inSeconds(count.retryAfter)))] as const
    return { refusal: { status: 429, text: 'Too Many Requests' }, headers: [retryAfter, ...told] }
  } catch (error) {
    if (!(error instanceof KeelsonError) || error.code !== 'NOT_STARTED') throw error
    return { refusal: { status: 503, text: 'Service Unavailable' }, headers: [['Retry-After', '1']] }
  }
}

/** The fields `RateLimit-Policy` and `RateLimit`, in whole seconds; a window that is none of those is left out. */
function standing(policy: string, { limit, window, remaining, resetAfter }: RateLimit): [string, string][] {
  const length = window % 1_000 === 0 ? `;w=${window / 1_000}` : ''
  return [
    ['RateLimit-Policy', `"${policy}";q=${limit}${length}`],
    ['RateLimit', `"${policy}";r=${remaining};t=${inSeconds(resetAfter)}`],
  ]
}

function inSeconds(ms: number): number {
  return Math.ceil(ms / 1_000)
}

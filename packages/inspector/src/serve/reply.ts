import type { Refusal } from '../guard/gate.js'

/** An answer that is sent as a whole. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Nothing but what comes with the page, from where the page comes, shown in no frame. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** Of every answer. */
export const SAFE: Readonly<Record<string, string>> = {
  'content-security-policy': CSP,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Not 'no-referrer': browsers then send the login with the origin `null`, as that of another site.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function reply(
  status: number,
  type: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers: { ...SAFE, 'cache-control': 'no-store', 'content-type': `${type}; charset=utf-8`, ...headers }, body }
}

export function textReply(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return reply(status, 'text/plain', `${text}\n`, headers)
}

export function refusalReply({ status, text, retryAfter }: Refusal): Reply {
  return textReply(status, text, retryHeader(retryAfter))
}

export function retryHeader(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

/** To another place, of which only the end is known. */
export function redirect(status: 303 | 308, location: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { ...textReply(status, location, { location, ...headers }) }
}

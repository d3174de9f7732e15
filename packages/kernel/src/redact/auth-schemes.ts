import { endOfLine, isQuote, isSpace, isToken, skip } from './characters.js'
import type { Span } from './spans.js'

/** Schemes of `Authorization` that are followed by one word. */
const ONE_WORD: ReadonlySet<string> = new Set([
  'bearer',
  'basic',
  'token',
  'apikey',
  'api-key',
  'negotiate',
  'ntlm',
  'dpop',
  'key',
  'jwt',
])
/** Schemes that are followed by parameters. */
const PARAMETERS: ReadonlySet<string> = new Set(['digest', 'signature', 'hawk', 'oauth', 'aws4-hmac-sha256', 'sharedkey', 'hmac'])

/** The scheme at a place, whether one word or parameters follow, and where they begin. */
export function schemeAt(text: string, at: number): { readonly from: number; readonly oneWord: boolean } | undefined {
  const end = skip(text, at, isToken)
  if (end === at || end - at > 20 || !isSpace(text, end)) return undefined
  const scheme = text.slice(at, end).toLowerCase()
  const from = skip(text, end, isBlank)
  if (from === text.length || isSpace(text, from)) return undefined
  if (ONE_WORD.has(scheme)) return { from, oneWord: true }
  return PARAMETERS.has(scheme) ? { from, oneWord: false } : undefined
}

export const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t'

const BARE = /\b(?:bearer|basic|digest|api-?key)[ \t]/gi
/** As in "Bearer authentication failed". */
const PLAIN_WORD = /^(?:[A-Za-z]?[a-z]{0,19}|[A-Z]{1,19})$/

/** What follows the name of a scheme of `Authorization` in a text that does not name the header. */
export function authSchemes(text: string): Span[] {
  const spans: Span[] = []
  BARE.lastIndex = 0
  for (let found = BARE.exec(text); found; found = BARE.exec(text)) {
    const from = skip(text, BARE.lastIndex, isBlank)
    const span = /^digest/i.test(found[0]) ? digestAt(text, from) : wordAt(text, from)
    BARE.lastIndex = Math.max(from, span?.[1] ?? 0)
    if (span) spans.push(span)
  }
  return spans
}

function digestAt(text: string, from: number): Span | undefined {
  return /^(?:username|response|nonce)\b/i.test(text.slice(from, from + 10)) ? [from, endOfLine(text, from)] : undefined
}

function wordAt(text: string, from: number): Span | undefined {
  const end = skip(text, from, isToken)
  // A parameter of a challenge, such as realm="shop".
  if (text[end - 1] === '=' && isQuote(text, end)) return undefined
  let last = end
  while (last > from && (text[last - 1] === '.' || text[last - 1] === '-')) last--
  return last === from || (last - from < 20 && PLAIN_WORD.test(text.slice(from, last))) ? undefined : [from, end]
}

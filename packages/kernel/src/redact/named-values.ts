import { isBlank } from './auth-schemes.js'
import { isName, isQuote, isSpace, skip, skipBack } from './characters.js'
import type { Span } from './spans.js'
import { bracketed, type Place, plainValue, quoteAt, quoted, schemed, toEndOfHeader } from './value.js'

const NAME =
  /(?:api|access|account|private|secret|shared|signing|encryption|auth|master)[-_]?key|passw(?:or)?d|passphrase|pass|pwd|secret|token|signature|sig|credentials?|authorization|cookie|jwt/gi

/** Short names are no part of another word: bypass=1 and design=2 are no secrets. */
const ALONE = /^(?:pass|sig|jwt)$/i
const HEADER = /^(?:authorization|cookie)$/i

/**
 * Values whose name says that they are secret: parameters and fields (`name=value`, `"name": "value"`), headers, pairs of a name
 * and a value (`["authorization", "x"]`), and arguments (`--password x`).
 */
export function namedValues(text: string): Span[] {
  const spans: Span[] = []
  NAME.lastIndex = 0
  for (let found = NAME.exec(text); found; found = NAME.exec(text)) {
    const [name] = found
    const from = found.index
    const end = from + name.length
    if (ALONE.test(name) && !isAlone(text, from)) continue
    const place = valueAfter(text, from, end)
    const span = place && spanOf(text, place, HEADER.test(name))
    if (!span) continue
    spans.push(span)
    NAME.lastIndex = Math.max(end, span[1])
  }
  return spans
}

/** In dbPass as in db_pass. */
function isAlone(text: string, from: number): boolean {
  const before = text[from - 1] ?? ''
  return !/[a-z]/i.test(before) || (/[A-Z]/.test(text[from]!) && /[a-z]/.test(before))
}

function spanOf(text: string, place: Place, isHeader: boolean): Span | undefined {
  const { from } = place
  const quote = quoteAt(text, from)
  if (quote) return quoted(text, quote)
  if (text[from] === '[') return bracketed(text, from, ']')
  if (text[from] === '{') return place.by === '=' ? bracketed(text, from, '}') : undefined
  if (place.by === 'pair') return undefined
  const scheme = schemed(text, place)
  if (scheme) return scheme
  return isHeader && place.by === ':' && !place.quotedName ? toEndOfHeader(text, place) : plainValue(text, place)
}

const VALUE_FIELD = /^\\*["']?value\\*["']?\s{0,8}:\s{0,8}/i

/** Where the value of a name begins, if one follows. */
function valueAfter(text: string, start: number, end: number): Place | undefined {
  const closing = quoteAt(text, end)
  const begin = skipBack(text, start, isName)
  const before = text[begin - 1] ?? ''
  const common = { before, quotedName: closing !== undefined }
  let at = closing ? closing.from : end
  const after = skip(text, at, isBlank)
  const by = separatorAt(text, after)
  if (by) return { ...common, from: skip(text, after + by.length, closing ? isSpace : isBlank), by: by.by }
  if (closing) {
    at = skip(text, at, isSpace)
    if (text[at] !== ',') return undefined
    at = skip(text, at + 1, isSpace)
    at += VALUE_FIELD.exec(text.slice(at, at + 40))?.[0].length ?? 0
    return { ...common, from: at, by: 'pair' }
  }
  // An argument: its word begins with a dash.
  const isFlag = text[begin] === '-' && begin < start && (before === '' || isSpace(text, begin - 1) || isQuote(text, begin - 1))
  if (!isFlag || after === end || text.startsWith('--', after) || after === text.length) return undefined
  return { ...common, from: after, by: ' ' }
}

function separatorAt(text: string, at: number): { readonly by: '=' | ':'; readonly length: number } | undefined {
  const next = text.slice(at, at + 3)
  if (/^%3d/i.test(next)) return { by: '=', length: 3 }
  const [sign] = /^(?:=>|:=|==|=|:)/.exec(next) ?? []
  return sign === undefined ? undefined : { by: sign === ':' || sign === '=>' ? ':' : '=', length: sign.length }
}

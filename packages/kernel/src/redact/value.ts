import { isBlank, schemeAt } from './auth-schemes.js'
import { endOfLine, isQuote, isSpace } from './characters.js'
import type { Span } from './spans.js'

/** Where the value of a name begins, and how it is joined to it. */
export interface Place {
  readonly from: number
  readonly by: '=' | ':' | ' ' | 'pair'
  /** The character before the name. */
  readonly before: string
  readonly quotedName: boolean
}

/** A quotation mark, with the backslashes of a text that was quoted again. */
interface Quote {
  readonly mark: string
  readonly escapes: number
  /** Behind it. */
  readonly from: number
}

/** Texts are not quoted more often than this: each time doubles the backslashes. */
const MOST_ESCAPES = 31

export function quoteAt(text: string, at: number): Quote | undefined {
  let from = at
  while (text[from] === '\\' && from - at < MOST_ESCAPES) from++
  return isQuote(text, from) ? { mark: text[from]!, escapes: from - at, from: from + 1 } : undefined
}

/** Up to the mark that ends it, which is quoted as often; without one, up to the end of the line. */
export function quoted(text: string, { mark, escapes, from }: Quote): Span {
  let slashes = 0
  for (let i = from; i < text.length; i++) {
    const character = text[i]
    if (character === '\n') return [from, i]
    if (character === mark && (slashes % (2 * escapes + 2) === escapes || slashes < escapes)) {
      const doubled = escapes === 0 && i > from && text[i + 1] === mark
      if (!doubled) return [from, i - Math.min(slashes, escapes)]
      i++
    }
    slashes = character === '\\' ? slashes + 1 : 0
  }
  return [from, text.length]
}

/** Up to the bracket at its end, which may be doubled inside, as in `PWD={a;b}}c}`; without one, up to the end of the line. */
export function bracketed(text: string, at: number, closing: ']' | '}'): Span {
  let quote = ''
  for (let i = at + 1; i < text.length; i++) {
    const character = text[i]!
    if (character === '\\') i++
    else if (closing === ']' && (character === quote || (quote === '' && isQuote(text, i)))) quote = quote === '' ? character : ''
    else if (character === '\n' && closing === '}') return [at + 1, i]
    else if (character === closing && quote === '') {
      if (closing === ']' || text[i + 1] !== '}') return [at + 1, i]
      i++
    }
  }
  return [at + 1, text.length]
}

/** Without the name of the scheme before it. */
export function schemed(text: string, place: Place): Span | undefined {
  const scheme = schemeAt(text, place.from)
  if (!scheme) return undefined
  return scheme.oneWord ? plainValue(text, { ...place, from: scheme.from }) : toEndOfHeader(text, { ...place, from: scheme.from })
}

/** The rest of the line, or of the quotation in which the header stands. */
export function toEndOfHeader(text: string, { from, before }: Place): Span {
  if (!/["'`]/.test(before)) return [from, endOfLine(text, from)]
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\n' || (text[i] === before && text[i - 1] !== '\\')) return [from, i]
  }
  return [from, text.length]
}

/** In a connection string with semicolons, a value may hold spaces; its end is looked for within as many characters. */
const LONGEST = 256

/** What is not quoted, up to the next space or what begins the next value. */
export function plainValue(text: string, place: Place): Span | undefined {
  const { from, by, before, quotedName } = place
  if (by === '=' && before === ';') {
    const near = text.slice(from, from + LONGEST)
    const end = near.slice(0, endOfLine(near, 0)).indexOf(';')
    if (end > 0) return [from, from + end]
  }
  let i = from
  for (; i < text.length; i++) {
    const character = text[i]!
    if (isSpace(text, i)) break
    if (character === '\\') {
      if (isQuote(text, i + 1)) break
      if (isBlank(text, i + 1)) i++
    } else if (isQuote(text, i)) {
      if (by !== '=' || endsQuotation(text, i)) break
    } else if (character === '&' && /[?&]/.test(before)) break
    else if (/[,;&]/.test(character) && (by === ':' || beginsNext(text, i + 1))) break
    else if (quotedName && /[}\]]/.test(character)) break
    else if (/^%26/.test(text.slice(i, i + 3))) break
  }
  return i > from ? [from, i] : undefined
}

function endsQuotation(text: string, at: number): boolean {
  return at + 1 >= text.length || /[\s,;:)\]}&]/.test(text[at + 1]!)
}

function beginsNext(text: string, at: number): boolean {
  return at >= text.length || isSpace(text, at) || /^[\w .-]{1,40}[=:]/.test(text.slice(at, at + 42))
}

import { type Class, isQuote, isSpace } from './characters.js'
import type { Span } from './spans.js'

/** How an URL is written: as it is, or in a text that was encoded once or twice. */
const FORMS = [
  { opening: '://', at: ['@'], ends: ['/', '?', '#'] },
  { opening: ':\\/\\/', at: ['@'], ends: ['\\/', '/', '?', '#'] },
  { opening: '%3a%2f%2f', at: ['%40', '@'], ends: ['%2f', '%3f', '%23', '/', '?', '#', '&'] },
  { opening: '%253a%252f%252f', at: ['%2540', '%40'], ends: ['%252f', '%253f', '%2523', '/', '?', '#', '&'] },
] as const

/** A password that was not encoded may hold a slash; it is looked for within as many characters. */
const LONGEST_PASSWORD = 256

/** What stands before the host of a URL, of whatever scheme. */
export function urlPasswords(text: string): Span[] {
  const lower = text.toLowerCase()
  // The places of both texts are the same only where no letter became two.
  const source = lower.length === text.length ? lower : text
  return FORMS.flatMap(({ opening, at, ends }) => {
    const spans: Span[] = []
    for (let found = source.indexOf(opening); found >= 0; found = source.indexOf(opening, found + opening.length)) {
      const from = found + opening.length
      const to = userInfoEnd(source, from, at, ends) ?? (opening === '://' ? lastAt(source, from) : undefined)
      if (to !== undefined && to > from) spans.push([from, to])
    }
    return spans
  })
}

/** Where the last @ before the path stands: a password that was not encoded may hold one. */
function userInfoEnd(text: string, from: number, ats: readonly string[], ends: readonly string[]): number | undefined {
  let last: number | undefined
  for (let i = from; i < text.length && !isOutside(text, i); i++) {
    if (ats.some((at) => text.startsWith(at, i))) last = i
    else if (ends.some((end) => text.startsWith(end, i))) break
  }
  return last
}

/** The last @ of an URL whose password holds what ends the host: messages about URLs that are not valid quote such. */
function lastAt(text: string, from: number): number | undefined {
  let colon = from
  while (colon < text.length && !isOutside(text, colon) && !/[/?#:@[\]]/.test(text[colon]!)) colon++
  if (text[colon] !== ':' || /^\d{1,5}(?:[/?#,;:)\s"'`]|$)/.test(text.slice(colon + 1, colon + 7))) return undefined
  const end = Math.min(text.length, colon + 1 + LONGEST_PASSWORD)
  let last: number | undefined
  for (let i = colon + 1; i < end && !isOutside(text, i); i++) if (text[i] === '@') last = i
  return last
}

const isOutside: Class = (text, at) => isSpace(text, at) || isQuote(text, at) || text[at] === '<' || text[at] === '>'

import { isQuote, isSpace } from './characters.js'
import type { Span } from './spans.js'

const FLAG = /(?:^|[\s"'`])(?:-u|--user|--proxy-user|-U)(?:=|["'`],?[ \t]{0,8}["'`]?|[ \t]{1,8}["'`]?)?/g

/** The password in `-u user:password`, as curl and others take it. */
export function userArguments(text: string): Span[] {
  const spans: Span[] = []
  FLAG.lastIndex = 0
  for (let found = FLAG.exec(text); found; found = FLAG.exec(text)) {
    const from = FLAG.lastIndex
    let colon = -1
    let i = from
    for (; i < text.length && !isSpace(text, i) && !isQuote(text, i); i++) if (text[i] === ':' && colon < 0) colon = i
    if (colon > from && i > colon + 1) spans.push([colon + 1, i])
    FLAG.lastIndex = Math.max(from, i)
  }
  return spans
}

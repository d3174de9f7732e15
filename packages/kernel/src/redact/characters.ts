/** Whether the character at a place of a text belongs to a class; never at the end. */
export type Class = (text: string, at: number) => boolean

/** The class of the ASCII characters that `pattern` matches. */
function classOf(pattern: RegExp): Class {
  const table = Array.from({ length: 128 }, (_, code) => pattern.test(String.fromCharCode(code)))
  return (text, at) => table[text.charCodeAt(at)] === true
}

export const isSpace: Class = classOf(/\s/)
export const isQuote: Class = classOf(/["'`]/)
/** What words of identifiers, headers and flags are made of. */
export const isName: Class = classOf(/[\w-]/)
export const isLetterOrDigit: Class = classOf(/[A-Za-z0-9]/)
/** RFC 6750 §2.1, and base64. */
export const isToken: Class = classOf(/[\w.~+/=-]/)

/** The end of a run of characters. */
export function skip(text: string, at: number, belongs: Class): number {
  while (at < text.length && belongs(text, at)) at++
  return at
}

/** The first place of a run that ends before `at`, at most `most` characters back. */
export function skipBack(text: string, at: number, belongs: Class, most = 64): number {
  const first = Math.max(0, at - most)
  while (at > first && belongs(text, at - 1)) at--
  return at
}

export function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

import { describe } from '../thrown.js'
import { authSchemes } from './auth-schemes.js'
import { namedValues } from './named-values.js'
import { pemBlocks } from './pem-blocks.js'
import { masked, type Span } from './spans.js'
import { tokenShapes } from './token-shapes.js'
import { urlPasswords } from './url-passwords.js'
import { userArguments } from './user-arguments.js'

/** Nobody reads more of a text, in characters. */
const LONGEST = 16_384
/** A word at the end of what is kept may be the beginning of a secret that is not recognised without its end. */
const LONGEST_WORD = 2_048

const FINDERS: readonly ((text: string) => Span[])[] = [
  urlPasswords,
  namedValues,
  authSchemes,
  tokenShapes,
  pemBlocks,
  userArguments,
]

/**
 * Takes secrets out of a text by their shape, and writes `***` instead: passwords in URLs; values of headers, parameters, fields and
 * arguments whose name says that they are secret; tokens of well-known shapes, JSON Web Tokens and PEM blocks. What is no string is
 * described as an error is. Of a text longer than 16,384 characters the beginning is returned. It takes time that grows with the
 * length of the text and never throws. What has no such shape stays: give values that you know to `knownSecrets()`.
 *
 * @example
 * redact('connect postgres://shop:hunter2@db:5432/shop') // 'connect postgres://***@db:5432/shop'
 */
export function redact(text: unknown): string {
  return redacted(shortened(stringOf(text)))
}

/** What has the shape of a secret is masked in a text that is not too long, which stays so. */
export function redacted(text: string): string {
  const result = maskShapes(text)
  return result.length > LONGEST ? `${result.slice(0, LONGEST - 1)}…` : result
}

/** What has the shape of a secret is masked, however long the text is. */
export function maskShapes(text: string): string {
  return masked(
    text,
    FINDERS.flatMap((find) => find(text)),
  )
}

/** Strings as they are, and one line about anything else. */
export function stringOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return String(describe(value))
  } catch {
    return 'a value that cannot be printed'
  }
}

/** The beginning of a long text, up to the end of a word; `cut` may put the end before a secret that would be cut in two. */
export function shortened(text: string, cut: (text: string, end: number) => number = (_text, end) => end): string {
  if (text.length <= LONGEST) return text
  const note = `… (${text.length} characters)`
  const most = LONGEST - note.length
  let end = most
  while (end > most - LONGEST_WORD && !/\s/.test(text[end - 1]!)) end--
  return text.slice(0, cut(text, end)) + note
}

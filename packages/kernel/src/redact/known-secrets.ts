import { holdsAny } from './holds-any.js'
import { redacted, shortened, stringOf } from './redact.js'

/** Shorter values are not masked: they would match inside ordinary words. */
const SHORTEST = 4

/** What is made by `knownSecrets()`. */
export interface KnownSecrets {
  /** Like `redact()`, with every known value masked besides. */
  redact(text: unknown): string
  /**
   * The error itself when neither it nor anything in it contains a known value; otherwise a new `Error` with its name, its code and
   * its message, redacted, and without a cause. Never throws.
   */
  hide(error: unknown): unknown
}

/**
 * A redactor that knows some secrets by their value, such as those among the options of a driver. Each is masked as it is written,
 * percent-encoded, decoded and escaped as in JSON. Values shorter than 4 characters, and what is no string, are ignored.
 */
export function knownSecrets(values: Iterable<unknown>): KnownSecrets {
  const strings = [...values].filter((value) => typeof value === 'string')
  const words = [...new Set(strings.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  const mask = (text: string) => words.reduce((rest, word) => rest.replaceAll(word, '***'), text)
  const redact = (text: unknown) => redacted(mask(shortened(stringOf(text), (all, end) => endBefore(words, all, end))))
  return {
    redact,
    hide(error) {
      if (words.length === 0 || !holdsAny(error, (text) => words.some((word) => text.includes(word)))) return error
      const hidden: Error & { code?: unknown } = new Error(redact(readString(error, 'message') ?? error))
      hidden.name = redact(readString(error, 'name') ?? 'Error')
      const code = read(error, 'code')
      if (typeof code === 'number') hidden.code = code
      if (typeof code === 'string') hidden.code = redact(code)
      return hidden
    },
  }
}

/** As written, decoded, encoded, and each in JSON: an error may quote any of them. */
function formsOf(secret: string): string[] {
  const decoded = tried(decodeURIComponent, secret)
  const encoded = tried(encodeURIComponent, decoded)
  const plain = [secret, decoded]
  const inJson = plain.map((text) => JSON.stringify(text).slice(1, -1))
  return [...plain, encoded, encoded.replaceAll('%20', '+'), ...inJson].filter(({ length }) => length >= SHORTEST)
}

function tried(convert: (text: string) => string, text: string): string {
  try {
    return convert(text)
  } catch {
    return text
  }
}

/** An end that is in the middle of no word. */
function endBefore(words: readonly string[], text: string, end: number): number {
  let last = end
  for (let moved = true; moved; ) {
    moved = false
    for (const word of words) {
      const from = Math.max(0, last - word.length + 1)
      const at = text.slice(from, last + word.length - 1).indexOf(word)
      if (at < 0) continue
      last = from + at
      moved = true
    }
  }
  return last
}

function readString(value: unknown, key: string): string | undefined {
  const text = read(value, key)
  return typeof text === 'string' ? text : undefined
}

function read(value: unknown, key: string): unknown {
  try {
    return value instanceof Error ? Reflect.get(value, key) : undefined
  } catch {
    return undefined
  }
}

import { attempt, isA, isObject, propertyOf } from './foreign.js'

const UNPRINTABLE = 'a value that cannot be printed'

/** The longest text that is taken over from anybody, in characters. */
const LONGEST = 16_384

/** Of an error that wraps several, only the first are named. */
const MOST = 3

/** One line about anything that can be thrown, of bounded length. */
export function describe(thrown: unknown): string {
  if (isA(thrown, Error)) return cut(messageOf(thrown))
  return typeof thrown === 'string' && thrown !== ''
    ? cut(thrown)
    : `${thrown === '' ? 'an empty string' : wordsFor(thrown)} was thrown`
}

/** Anything that was given where a text belongs, as a text of bounded length. */
export function wordsFor(x: unknown): string {
  if (typeof x === 'string') return cut(x)
  if (isA(x, Error)) return cut(messageOf(x))
  return cut(printed(x))
}

function printed(x: unknown): string {
  return attempt(() => String(x)) ?? UNPRINTABLE
}

function messageOf(error: Error): string {
  // A connection that was tried on each address of a host fails with an error that has no text of its own.
  return plainText(error, 'message') ?? messageOfFirst(error) ?? plainText(error, 'name') ?? UNPRINTABLE
}

function messageOfFirst(error: Error): string | undefined {
  const errors = isA(error, AggregateError) ? propertyOf(error, 'errors') : undefined
  const first = attempt(() => (Array.isArray(errors) ? errors.slice(0, MOST) : [])) ?? []
  // Not those in turn that they wrap: an error may wrap itself.
  const texts = first.map((each: unknown) => plainText(each, 'message') ?? plainText(each, 'name') ?? printed(each))
  return texts.length === 0 ? undefined : texts.join(', ')
}

/** An error may have been given anything for a message. */
function plainText(x: unknown, key: 'message' | 'name'): string | undefined {
  const text = propertyOf(x, key)
  return isObject(text) || text === undefined || text === null || text === '' ? undefined : String(text)
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} … (${text.length - LONGEST} more characters)`
}

import { KeelsonError } from '@keelson/kernel'
import { attempt, isA, propertyOf } from './foreign.js'
import { shorten } from './shorten.js'

export const UNPRINTABLE = 'a value that cannot be printed was thrown'

/** Of an error that wraps several, only the first are looked at. */
const MOST = 5

/** Causes may go round in a circle. */
const DEEPEST = 50

/** In characters: of one message, and of the end of a stack, where the frames are. */
const LONGEST_MESSAGE = 8_192
const LONGEST_STACK = 32_768

/** What an application threw, under the errors that the kernel wrapped it in. */
export function rootOf(error: unknown): unknown {
  let root = error
  for (let depth = 0; depth < DEEPEST; depth++) {
    const cause = isA(root, KeelsonError) ? propertyOf(root, 'cause') : undefined
    if (cause === undefined) return root
    root = cause
  }
  return root
}

/** What an error says that it came from. */
export function sourcesOf(error: unknown): unknown[] {
  if (!isA(error, Error)) return []
  const errors = isA(error, AggregateError) ? propertyOf(error, 'errors') : undefined
  const several = attempt(() => (Array.isArray(errors) ? errors.slice(0, MOST) : [])) ?? []
  const cause = propertyOf(error, 'cause')
  return cause === undefined ? several : [...several, cause]
}

/** The message of whatever was thrown, of bounded length. */
export function textOf(error: unknown): string {
  const text = messageIn(error) ?? (isA(error, Error) ? propertyOf(error, 'name') : attempt(() => String(error)))
  return typeof text === 'string' ? shorten(text, LONGEST_MESSAGE) : UNPRINTABLE
}

/** Errors may have been given anything for a message, and objects that are no errors are thrown, too. */
function messageIn(error: unknown): string | undefined {
  const text = typeof error === 'object' ? propertyOf(error, 'message') : undefined
  return typeof text === 'string' ? text : undefined
}

/** The end of a stack, which may have been given anything, too; the message before the frames may have any length. */
export function stackOf(error: unknown): string | undefined {
  const stack = propertyOf(error, 'stack')
  return typeof stack === 'string' ? stack.slice(-LONGEST_STACK) : undefined
}

/** `ECONNREFUSED` and the like. */
export function codeOf(error: unknown): string | undefined {
  const code = isA(error, Error) ? propertyOf(error, 'code') : undefined
  return typeof code === 'string' ? shorten(code, LONGEST_CODE) : undefined
}

const LONGEST_CODE = 256

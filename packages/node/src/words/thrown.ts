import { KeelsonError } from '@keelson/kernel'

export const UNPRINTABLE = 'a value that cannot be printed was thrown'

/** Of an error that wraps several, only the first are looked at. */
const MOST = 5

/** Causes may go round in a circle. */
const DEEPEST = 50

/** What an application threw, under the errors that the kernel wrapped it in. */
export function rootOf(error: unknown): unknown {
  let root = error
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (!(root instanceof KeelsonError) || root.cause === undefined) return root
    root = root.cause
  }
  return root
}

/** What an error says that it came from. */
export function sourcesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return []
  const several = error instanceof AggregateError && Array.isArray(error.errors) ? error.errors.slice(0, MOST) : []
  return error.cause === undefined ? several : [...several, error.cause]
}

/** The message of whatever was thrown. */
export function textOf(error: unknown): string {
  try {
    const message = textIn(error, 'message')
    return message ?? (error instanceof Error ? error.name : String(error))
  } catch {
    return UNPRINTABLE
  }
}

/** Errors may have been given anything for a message or a stack, and objects that are no errors are thrown, too. */
export function textIn(error: unknown, key: 'message' | 'stack'): string | undefined {
  const text: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined
  return typeof text === 'string' ? text : undefined
}

/** `ECONNREFUSED` and the like. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

import { redact } from '../words/redact.js'
import type { LineEvent } from './line-events.js'

/** The part of a pino logger that is used; any logger with these three methods will do. */
export interface LogLike {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What a log line says besides its level, its time and its message: plain JSON. */
export interface Fields {
  readonly event: LineEvent
  readonly [field: string]: unknown
}

interface Text {
  readonly level: keyof LogLike
  readonly message: string
  /** On a terminal instead of `message`: the first follows the name of the program, the others are rows. */
  readonly lines?: readonly string[]
}

/** One thing that `run()` says, as a log line, and where that is more readable in lines for a terminal. */
export interface Line extends Text {
  readonly fields: Fields
  readonly terminalOnly?: false
}

/** Progress that is only of interest to somebody who watches. */
export interface Row extends Text {
  readonly fields: Readonly<Record<string, never>>
  readonly terminalOnly: true
}

export type Entry = Line | Row

export type Say = (entry: Entry) => void

/** Says nothing. */
export const silent: Say = () => {}

/** The fields of a line as they are written: every line names its event and its kernel, and passwords are taken out. */
export function fieldsOf({ fields: { event, ...others } }: Line, kernel: string): object {
  return redacted({ event, kernel, ...others }) as object
}

/** Passwords are taken out of every text, however deep. */
export function redacted(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, redacted(field)]))
}

import { redact } from './redact.js'

/** The part of a pino logger that is used; any logger with these three methods will do. */
export interface LogLike {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** One thing that `run()` says, in the form of a log line and, where that is more readable, in lines for a terminal. */
export interface Entry {
  readonly level: keyof LogLike
  readonly message: string
  /** Plain JSON. */
  readonly fields: Readonly<Record<string, unknown>>
  /** On a terminal instead of `message`: the first follows the name of the program, the others are rows. */
  readonly lines?: readonly string[]
  /** Progress that is only of interest to somebody who watches. */
  readonly terminalOnly?: boolean
}

export type Say = (entry: Entry) => void

/** Says nothing. */
export const silent: Say = () => {}

/** Says everything to a logger. One that throws or rejects must not keep anything from being stopped. */
export function sayTo(log: LogLike): Say {
  return ({ level, message, fields, terminalOnly }) => {
    if (terminalOnly) return
    try {
      const logged: unknown = log[level](redacted(fields) as object, redact(message))
      // Its rejection would be told to the same logger, for ever.
      if (logged instanceof Promise) logged.catch(() => {})
    } catch {}
  }
}

/** Passwords are taken out of every text, however deep. */
export function redacted(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, redacted(field)]))
}

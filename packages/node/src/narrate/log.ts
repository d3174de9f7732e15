import { toldText } from '../words/told-text.js'
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

/** In bytes of JSON: what the fields of a line may take, so that with its sentence it stays below 64 KiB. */
const LARGEST = 49_152

/** In characters and entries: what texts and lists are cut to, one after the other, until a line is small enough. */
const CUTS = [
  { text: 8_192, entries: 20 },
  { text: 1_024, entries: 20 },
  { text: 128, entries: 20 },
  { text: 64, entries: 5 },
] as const

/** How deep fields are looked into. */
const DEEPEST = 6

/**
 * The fields of a line as they are written: every line names its event and its kernel, passwords are taken out of every text, however
 * deep, and no line is larger than what a collector of logs takes.
 */
export function fieldsOf({ fields: { event, ...others } }: Line, kernel: string): object {
  for (const cut of CUTS) {
    const fields = told({ event, kernel, ...others }, cut)
    if (Buffer.byteLength(JSON.stringify(fields)) <= LARGEST) return fields as object
  }
  return { event, kernel: toldText(kernel, 64) }
}

/** The sentence of a line. What is escaped, or not ASCII, takes several bytes a character. */
export function sentenceOf({ message }: Line): string {
  const text = toldText(message)
  return Buffer.byteLength(JSON.stringify(text)) <= LARGEST_SENTENCE ? text : toldText(text, LARGEST_SENTENCE / 6)
}

const LARGEST_SENTENCE = 12_288

function told(value: unknown, cut: (typeof CUTS)[number], depth = 0): unknown {
  if (typeof value === 'string') return toldText(value, cut.text)
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value
  if (depth === DEEPEST) return '…'
  if (Array.isArray(value)) return value.slice(0, cut.entries).map((item) => told(item, cut, depth + 1))
  const entries = depth === 0 ? Object.entries(value) : Object.entries(value).slice(0, cut.entries)
  return Object.fromEntries(entries.map(([key, field]) => [toldText(key, cut.text), told(field, cut, depth + 1)]))
}

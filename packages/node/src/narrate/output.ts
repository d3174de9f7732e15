import { toldLine } from '../words/told-text.js'
import { type Entry, fieldsOf, type Say, sentenceOf } from './log.js'

/** The part of `process.stdout` that is used. */
export interface Output {
  readonly isTTY?: boolean
  hasColors?(): boolean
  write(text: string, done?: (error?: Error | null) => void): unknown
  once(event: 'error', listener: () => void): unknown
}

/** Lines for people where somebody looks at a terminal, JSON lines, as pino writes them, everywhere else. */
export function sayOn(output: Output, kernel: string): Say {
  return output.isTTY ? sayOnTerminal(output) : sayAsJson(output, kernel)
}

const LEVELS: Readonly<Record<Entry['level'], number>> = { info: 30, warn: 40, error: 50 }

function sayAsJson(output: Output, kernel: string): Say {
  return (entry) => {
    if (entry.terminalOnly) return
    const line = { level: LEVELS[entry.level], time: Date.now(), ...fieldsOf(entry, kernel), msg: sentenceOf(entry) }
    write(output, `${escaped(JSON.stringify(line))}\n`)
  }
}

function sayOnTerminal(output: Output): Say {
  const colored = output.hasColors?.() === true
  const paint = (code: number, text: string) => (colored ? `\u001b[${code}m${text}\u001b[0m` : text)
  return ({ level, message, lines = [message], terminalOnly }) => {
    const [first = '', ...rows] = bounded(lines).map((line) => toldLine(line))
    const head = ` ${paint(1, 'keelson')}  ${level === 'info' ? first : paint(level === 'warn' ? 33 : 31, first)}`
    write(output, `${[terminalOnly ? first : head, ...rows].join('\n')}\n`)
  }
}

/** JSON leaves these as they are, though a terminal obeys them, or shows them as the end of a line. */
function escaped(json: string): string {
  return json.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const UNSEEN = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/** In characters: what one entry may take of a terminal. */
const LARGEST = 20_000

/** As many rows as there is room for. */
function bounded(lines: readonly string[]): readonly string[] {
  let room = LARGEST
  const end = lines.findIndex((line) => {
    room -= Math.min(line.length, 8_192)
    return room < 0
  })
  return end < 0 ? lines : [...lines.slice(0, end), `   and ${lines.length - end} more lines`]
}

/** A terminal that was closed, or a pipe that nobody reads, must not turn into an uncaught exception. */
function write(output: Output, text: string): void {
  try {
    output.write(text, (error) => {
      if (error) output.once('error', () => {})
    })
  } catch {}
}

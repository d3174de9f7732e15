import { printable } from '../words/printable.js'
import { redact } from '../words/redact.js'
import { type Entry, fieldsOf, type Say } from './log.js'

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
    const line = { level: LEVELS[entry.level], time: Date.now(), ...fieldsOf(entry, kernel), msg: redact(entry.message) }
    write(output, `${JSON.stringify(line)}\n`)
  }
}

function sayOnTerminal(output: Output): Say {
  const colored = output.hasColors?.() === true
  const paint = (code: number, text: string) => (colored ? `\u001b[${code}m${text}\u001b[0m` : text)
  return ({ level, message, lines = [message], terminalOnly }) => {
    const [first = '', ...rows] = lines.map((line) => printable(redact(line)))
    const head = ` ${paint(1, 'keelson')}  ${level === 'info' ? first : paint(level === 'warn' ? 33 : 31, first)}`
    write(output, `${[terminalOnly ? first : head, ...rows].join('\n')}\n`)
  }
}

/** A terminal that was closed, or a pipe that nobody reads, must not turn into an uncaught exception. */
function write(output: Output, text: string): void {
  try {
    output.write(text, (error) => {
      if (error) output.once('error', () => {})
    })
  } catch {}
}

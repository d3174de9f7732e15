import type { Readable } from 'node:stream'
import { printable, redact } from '@keelson/kernel/redact'

/** What is kept of an output, in characters: its end. */
const KEPT = 64 * 1024

/** The longest line that is shown. */
const LINE = 400

/** What a process writes, as far as it is kept. */
export class Output {
  #text = ''
  #dropped = 0

  follow(stream: Readable): void {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      this.#text += chunk
      if (this.#text.length <= 2 * KEPT) return
      this.#dropped += this.#text.length - KEPT
      this.#text = this.#text.slice(-KEPT)
    })
    stream.on('error', () => {})
  }

  /** How much was written so far. */
  get length(): number {
    return this.#dropped + this.#text.length
  }

  /** What was written since `from`, as far as it is kept. */
  since(from = 0): string {
    return this.#text.slice(Math.max(0, from - this.#dropped))
  }

  /** The last lines, with secrets masked, and nothing in them that moves a cursor. */
  tail(lines: number): string[] {
    return this.since().trimEnd().split('\n').slice(-lines).filter(Boolean).map(shown)
  }
}

/** One line of somebody else's output, as it may be shown. */
export function shown(line: string): string {
  const text = printable(redact(line.trimEnd()))
  return text.length > LINE ? `${text.slice(0, LINE)}…` : text
}

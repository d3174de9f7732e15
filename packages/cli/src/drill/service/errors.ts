import { shown } from './output.js'

const UNHANDLED = /UnhandledPromiseRejection|^\(node:\d+\) Error\b|^Uncaught /

/** What Node writes about one error, in lines, at the most. */
const LONGEST = 60

/** How many are told. */
const MOST = 3

/**
 * The errors that ended a process of Node or were reported as unhandled, in what it wrote to its standard error: the first line of each. What an
 * application logs by itself is not among them.
 */
export function unhandledErrors(text: string): string[] {
  const lines = text.split('\n')
  const found = lines.flatMap((line, index) => {
    // Where an error ends the process, Node writes its line and its version after the stack.
    if (/^Node\.js v\d+\./.test(line)) return toldAlready(lines, index) ? [] : (errorBefore(lines, index) ?? [])
    return UNHANDLED.test(line) ? line : []
  })
  return [...new Set(found)].slice(0, MOST).map(shown)
}

/** Of a rejection Node says what it was in one line, and shows an object after it. */
function toldAlready(lines: readonly string[], end: number): boolean {
  return lines.slice(Math.max(0, end - LONGEST), end).some((line) => UNHANDLED.test(line))
}

function errorBefore(lines: readonly string[], end: number): string | undefined {
  const before = lines.slice(Math.max(0, end - LONGEST), end)
  const frame = before.findIndex((line) => /^\s+at /.test(line))
  const rest = frame < 0 ? before : before.slice(0, frame)
  const written = rest.filter((line) => line.trim() !== '')
  return written.filter((line) => /^(\[?[\w.]*Error\b|Uncaught|\w.*: )/.test(line)).at(-1) ?? written.at(-1)
}

import { shown } from './output.js'

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
    if (/^Node\.js v\d+\./.test(line)) return errorBefore(lines, index) ?? []
    return /UnhandledPromiseRejection|^\(node:\d+\) Error\b|^Uncaught /.test(line) ? line : []
  })
  return [...new Set(found)].slice(0, MOST).map(shown)
}

function errorBefore(lines: readonly string[], end: number): string | undefined {
  const before = lines.slice(Math.max(0, end - 60), end)
  const frame = before.findIndex((line) => /^\s+at /.test(line))
  const rest = frame < 0 ? before : before.slice(0, frame)
  const written = rest.filter((line) => line.trim() !== '')
  return written.filter((line) => /^(\[?[\w.]*Error\b|Uncaught|\w.*: )/.test(line)).at(-1) ?? written.at(-1)
}

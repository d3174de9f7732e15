import type { LogLike } from '@keelson/node'

/** Lines on standard error: standard output belongs to the client. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** What a server says on its own standard error, each line with its name. */
export function sayFor(server: string, chunk: Buffer): void {
  for (const line of `${chunk}`.split('\n')) if (line.trim() !== '') say(`[${server}] ${line}`)
}

/** For `run()`. */
export const log: LogLike = {
  info: (_fields, message) => say(message),
  warn: (_fields, message) => say(message),
  error: (_fields, message) => say(message),
}

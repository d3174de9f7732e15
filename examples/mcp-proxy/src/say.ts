import type { LogLike } from '@keelson/node'

/** How much may wait for whoever reads standard error, in bytes: a server that says much would fill the memory. */
const BACKLOG = 1024 * 1024

// A client that closes it does not want to hear any of this.
process.stderr.on('error', () => {})

/** Lines on standard error: standard output belongs to the client. */
export function say(text: string): void {
  if (process.stderr.writableLength < BACKLOG) process.stderr.write(`${text}\n`)
}

/** For `run()`. */
export const log: LogLike = {
  info: (_fields, message) => say(message),
  warn: (_fields, message) => say(message),
  error: (_fields, message) => say(message),
}

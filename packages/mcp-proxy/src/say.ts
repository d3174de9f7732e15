import type { LogLike } from '@keelson/node'

/** How much may wait for whoever reads standard error, in bytes: a server that says much would fill the memory. */
const BACKLOG = 1024 * 1024

/** Lines on standard error: standard output belongs to the client. */
export function say(text: string): void {
  listen()
  if (process.stderr.writableLength < BACKLOG) process.stderr.write(`${text}\n`)
}

let isHeard = false

/** A client that closes standard error does not want to hear any of this: no reason to end. */
function listen(): void {
  if (isHeard) return
  isHeard = true
  process.stderr.on('error', () => {})
}

/** For `run()`. */
export const log: LogLike = {
  info: (_fields, message) => say(message),
  warn: (_fields, message) => say(message),
  error: (_fields, message) => say(message),
}

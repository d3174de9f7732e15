import type { ServerResponse } from 'node:http'

const LONGEST_TIMER = 2 ** 31 - 1

/** Ends a response at a time, in ms since the epoch, unless it has ended by then. */
export function endAt(res: ServerResponse, time: number): void {
  const left = Math.min(Math.max(time - Date.now(), 0), LONGEST_TIMER)
  const timer = setTimeout(() => res.end(), left).unref()
  res.once('close', () => clearTimeout(timer))
}

import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Frames that a driver and an ORM may put between the application and a client. */
const DEPTH = 30

/** Where the application called `called`: `src/orders.ts:12`, relative to the working directory; undefined when only libraries did. */
export function applicationFrame(called: (...args: never[]) => unknown): string | undefined {
  const holder: { stack?: string } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = DEPTH
  Error.captureStackTrace(holder, called)
  const { stack = '' } = holder // made when it is read
  Error.stackTraceLimit = stackTraceLimit
  for (const line of stack.split('\n')) {
    const [, place] = /^\s+at (?:.* \()?((?:file:\/\/)?\/.+:\d+):\d+\)?$/.exec(line) ?? []
    if (place === undefined || place.includes('/node_modules/')) continue
    const path = place.startsWith('file://') ? fileURLToPath(place) : place
    const near = relative(process.cwd(), path)
    return near.startsWith('..') ? path : near
  }
  return undefined
}

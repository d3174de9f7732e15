import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Frames that a driver and an ORM may put between the application and a client. */
const DEPTH = 30

/** From where a function was called. To note it is cheap; it is put into words when somebody looks. */
export class CallSite {
  declare readonly stack: string

  constructor(called: (...args: never[]) => unknown) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = DEPTH
    Error.captureStackTrace(this, called)
    Error.stackTraceLimit = stackTraceLimit
  }

  /** Where the application is in it: `src/orders.ts:12`, relative to the working directory; undefined where only libraries are. */
  get place(): string | undefined {
    for (const line of this.stack.split('\n')) {
      const [, found] = /^\s+at (?:.* \()?((?:file:\/\/)?\/.+:\d+):\d+\)?$/.exec(line) ?? []
      if (found === undefined || found.includes('/node_modules/')) continue
      const path = found.startsWith('file://') ? fileURLToPath(found) : found
      const near = relative(process.cwd(), path)
      return near.startsWith('..') ? path : near
    }
    return undefined
  }
}

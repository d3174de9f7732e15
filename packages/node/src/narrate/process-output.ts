import type { Say } from './log.js'
import { sayOn } from './output.js'

/** The standard output of this process. */
export function sayOnStdout(): Say {
  return sayOn(process.stdout)
}

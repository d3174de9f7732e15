import { attempt } from '../words/foreign.js'
import { type LogLike, type Say, silent } from './log.js'
import { Logger } from './logger.js'
import { sayOn } from './output.js'

/** Where `run()` says what it has to say. */
export interface Speech {
  readonly say: Say
  /** Whether an error that nobody caught is one of the log function; then it is told, and no failure of the process. */
  caused(error: unknown): boolean
}

/** By the option `log`: a logger, with the standard error for what it cannot take; nothing; or the standard output of this process. */
export function speechOf(log: LogLike | false | undefined, kernel: string): Speech {
  if (log === false) return { say: silent, caused: () => false }
  if (log === undefined) return { say: total(sayOn(process.stdout, kernel)), caused: () => false }
  const logger = new Logger(log, kernel, total(sayOn(process.stderr, kernel)))
  return { say: total(logger.say), caused: (error) => attempt(() => logger.caused(error)) ?? false }
}

/** What cannot be said must not end the process. */
function total(say: Say): Say {
  return (entry) => void attempt(() => say(entry))
}

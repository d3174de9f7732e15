import type { LogLike } from '@keelson/node'
import { Logger } from '@nestjs/common'

export interface NestLogOptions {
  /** The context of the lines; default `'Keelson'`. */
  context?: string
  /**
   * Gives the logger the fields of a line as an object before its text, as loggers take them that write JSON, such as nestjs-pino. Default
   * false: only the text, for the loggers of Nest print each argument as a line of its own.
   */
  fields?: boolean
}

/**
 * What `run()` says as lines of Nest's `Logger`, whichever that is at the time.
 *
 * @example
 * await run(kernel, { log: nestLog() })
 */
export function nestLog({ context = 'Keelson', fields = false }: NestLogOptions = {}): LogLike {
  const logger = new Logger(context)
  const line = (level: 'log' | 'warn' | 'error') => (of: object, message: string) => {
    if (fields) logger[level]({ ...of }, message)
    else logger[level](message)
  }
  return { info: line('log'), warn: line('warn'), error: line('error') }
}

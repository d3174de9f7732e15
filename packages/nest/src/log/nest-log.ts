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
    const stack = level === 'error' ? stackIn(of) : undefined
    if (fields) logger[level]({ ...of }, message)
    else if (stack === undefined) logger[level](message)
    else logger.error(message, stack)
  }
  return { info: line('log'), warn: line('warn'), error: line('error') }
}

/** Where what is told comes from, as loggers of Nest take it after the text; of several errors, the first one. */
function stackIn(of: { error?: unknown; errors?: unknown }): string | undefined {
  const error = of.error ?? (Array.isArray(of.errors) ? of.errors[0] : undefined)
  const { stack } = Object(error) as { stack?: unknown }
  return Array.isArray(stack) && stack.length > 0 ? stack.map((frame) => `    at ${frame}`).join('\n') : undefined
}

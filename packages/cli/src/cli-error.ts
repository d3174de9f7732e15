import { EXIT, type ExitCode } from './exit-codes.js'

/** Why a command cannot be done: one sentence, and what to do about it. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  readonly remedy: string | undefined

  constructor(exitCode: ExitCode, message: string, remedy?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.remedy = remedy
  }
}

export function usageError(message: string, remedy?: string): CliError {
  return new CliError(EXIT.usage, message, remedy)
}

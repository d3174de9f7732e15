import type { ExitCode } from '../exit-codes.js'
import type { Io } from '../output/io.js'
import type { Options, OptionValues } from './option.js'

/** What stands on the command line without a name. */
export interface Operand {
  readonly name: string
  /** For completion: files are offered for modules and files. */
  readonly kind: 'module' | 'file' | 'url' | 'word'
  readonly optional?: boolean
  /** The only words that it may be; the command refuses others. */
  readonly choices?: readonly string[]
}

export interface Args<O extends Options = Options> {
  readonly operands: readonly string[]
  readonly options: OptionValues<O>
  /** What comes after `--`, as it is; empty without. */
  readonly rest: readonly string[]
}

/** What one command is, in one place: main, help, errors and completion read it from here. */
export interface Command<O extends Options = Options> {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly operands: readonly Operand[]
  /** Whether a command of somebody else comes after `--`. */
  readonly takesRest?: boolean
  readonly options: O
  /** Paragraphs for the help of this command alone. */
  readonly notes?: readonly string[]
  /** Whole command lines, for the help. */
  readonly examples: readonly string[]
  run(io: Io, args: Args<O>): Promise<ExitCode> | ExitCode
}

/** A command whose `run` is typed by its options. */
export function command<const O extends Options>(definition: Command<O>): Command {
  return definition as unknown as Command
}

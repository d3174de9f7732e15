import { CliError, usageError } from './cli-error.js'
import { COMMANDS } from './commands/commands.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { helpOf, helpOfAll } from './line/help.js'
import { parse } from './line/parse.js'
import { nearest } from './line/suggest.js'
import type { Io } from './output/io.js'
import { version } from './version.js'

/** What `keelson …` does; resolves to its exit code, and never rejects. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await run(argv, io)
  } catch (error) {
    return refuse(error, io)
  }
}

async function run([name, ...rest]: readonly string[], io: Io): Promise<ExitCode> {
  if (name === '--version' || name === '-v') return say(io, version())
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = name === 'help' && rest[0] !== undefined ? commandNamed(rest[0]) : undefined
    say(io, about === undefined ? helpOfAll(io, COMMANDS) : helpOf(io, about))
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  const command = commandNamed(name)
  const args = parse(command, rest)
  if (args.options.help) return say(io, helpOf(io, command))
  return command.run(io, args)
}

function say(io: Io, text: string): ExitCode {
  io.out(text)
  return EXIT.ok
}

function commandNamed(name: string) {
  const command = COMMANDS.find((each) => each.name === name)
  if (command !== undefined) return command
  const names = COMMANDS.map((each) => each.name)
  const meant = nearest(name, names)
  throw usageError(
    `there is no command "${name}"`,
    meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${meant}"?`,
  )
}

function refuse(error: unknown, io: Io): ExitCode {
  const { paintErr: paint } = io
  if (error instanceof CliError) {
    io.err(`${paint.red('keelson:')} ${error.message}`)
    if (error.remedy !== undefined) io.err(`  ${error.remedy}`)
    return error.exitCode
  }
  io.err(`${paint.red('keelson:')} a defect of keelson itself: ${error instanceof Error ? error.stack : String(error)}`)
  return EXIT.defect
}

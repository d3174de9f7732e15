import { CliError, usageError } from './cli-error.js'
import { probe } from './commands/probe.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import type { Command } from './line/command.js'
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
  // It is started every few seconds by whoever watches a container: the other commands, and what they need, are not loaded for it.
  if (name === probe.name) return runCommand(probe, rest, io)
  const { COMMANDS } = await import('./commands/commands.js')
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = name === 'help' && rest[0] !== undefined ? commandNamed(rest[0], COMMANDS) : undefined
    say(io, about === undefined ? helpOfAll(io, COMMANDS) : helpOf(io, about))
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  return runCommand(commandNamed(name, COMMANDS), rest, io)
}

function runCommand(command: Command, argv: readonly string[], io: Io): Promise<ExitCode> | ExitCode {
  const args = parse(command, argv)
  if (args.options.help) return say(io, helpOf(io, command))
  return command.run(io, args)
}

function say(io: Io, text: string): ExitCode {
  io.out(text)
  return EXIT.ok
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const command = commands.find((each) => each.name === name)
  if (command !== undefined) return command
  const names = commands.map((each) => each.name)
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

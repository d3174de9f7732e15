import { CommandError } from '../command-error.js'
import type { Document } from '../document.js'
import { catalogCommands } from './catalog-commands.js'
import type { Command, CommandContext } from './command.js'
import { field } from './command-field.js'
import { readCommands } from './read-commands.js'
import { serverCommands } from './server-commands.js'
import { writeCommands } from './write-commands.js'

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [serverCommands, readCommands, writeCommands, catalogCommands].flatMap((commands) => Object.entries(commands)),
)

/** The reply to a command. A refusal is a reply like any other: this never throws. */
export function runCommand(command: Document, context: Omit<CommandContext, 'database'>): Document {
  try {
    const name = commandName(command)
    const run = COMMANDS.get(name)
    if (!run) throw new CommandError('CommandNotFound', `no such command: '${name}'`)
    if (command.txnNumber !== undefined) {
      throw new CommandError('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos')
    }
    return run(command, { ...context, database: field.string(command, '$db') })
  } catch (error) {
    return CommandError.from(error).toReply()
  }
}

/** The first field of a command names it. */
export function commandName(command: Document): string {
  return Object.keys(command)[0] ?? ''
}

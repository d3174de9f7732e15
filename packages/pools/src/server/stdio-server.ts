import { invalidServer, type ServerName } from '../errors.js'
import { isRecord, isStrings } from './record.js'

/** A server that is a child process, reached over its standard input and output. */
export interface StdioServer {
  type?: 'stdio'
  /** The program: a path, or a name that is looked up in PATH. No shell is involved. */
  command: string
  /** Default none. */
  args?: readonly string[]
  /** The working directory; default that of this process. */
  cwd?: string
  /** Variables in addition to the few that every child gets: HOME, PATH, USER and the like. */
  env?: Readonly<Record<string, string>>
  /** Passes the whole environment of this process on, secrets included; default false. */
  inheritEnv?: boolean
  /**
   * Receives what the child writes to its standard error, unmasked. Standard error is always read, and the last 4 KiB are kept for
   * messages. An exception in this function is ignored.
   */
  onStderr?: (chunk: Buffer) => unknown
}

/** @throws KeelsonError `INVALID_OPTION` for a bad command, args, cwd, env, inheritEnv or onStderr. */
export function checkStdio(name: ServerName, config: unknown): asserts config is StdioServer {
  if (!isRecord(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a command')
  const { command, args, cwd, env, inheritEnv, onStderr } = config
  if (typeof command !== 'string' || command === '') throw invalidServer(name, 'command', 'must be a string', 'name a program')
  // spawn() throws for NUL characters, with texts that quote what has them.
  if (command.includes('\0')) throw invalidServer(name, 'command', 'has a NUL character', 'name a program')
  if (
    args !== undefined &&
    !(Array.isArray(args) && args.every((argument) => typeof argument === 'string' && !argument.includes('\0')))
  ) {
    throw invalidServer(name, 'args', 'must be an array of strings', 'quote numbers')
  }
  if (cwd !== undefined && typeof cwd !== 'string') throw invalidServer(name, 'cwd', 'must be a string', 'name a folder')
  if (typeof cwd === 'string' && cwd.includes('\0')) throw invalidServer(name, 'cwd', 'has a NUL character', 'name a folder')
  if (env !== undefined && !isStrings(env)) throw invalidServer(name, 'env', 'must map names to strings', 'quote numbers')
  if (Object.keys(env ?? {}).some((key) => /[\0=]/.test(key) || key === ''))
    throw invalidServer(name, 'env', 'has a name that no variable can have', 'look for = and NUL characters')
  if (inheritEnv !== undefined && typeof inheritEnv !== 'boolean')
    throw invalidServer(name, 'inheritEnv', 'must be true or false', 'write it without quotes')
  if (onStderr !== undefined && typeof onStderr !== 'function')
    throw invalidServer(name, 'onStderr', 'must be a function', 'leave it out to keep the last of it for messages')
}

import { invalidServer, type ServerName } from '../errors.js'
import { isRecord, isStrings } from './record.js'

/** A child process that is talked to over its standard streams. */
export interface StdioServer {
  type?: 'stdio'
  command: string
  args?: readonly string[]
  cwd?: string
  /** Added to the few variables that a child gets anyway: HOME, PATH, USER and the like. */
  env?: Readonly<Record<string, string>>
  /** Passes on the whole environment of this process, secrets included; default false. */
  inheritEnv?: boolean
  /**
   * Given what it says on its standard error, which is always read and of which the last 4 KiB are kept for messages. What it
   * throws changes nothing.
   */
  onStderr?: (chunk: Buffer) => unknown
}

/** @throws KeelsonError `INVALID_OPTION` for what cannot be run. */
export function checkStdio(name: ServerName, config: unknown): asserts config is StdioServer {
  if (!isRecord(config)) throw invalidServer(name, 'its config', 'must be an object', 'give it a command')
  const { command, args, cwd, env, inheritEnv, onStderr } = config
  if (typeof command !== 'string' || command === '') throw invalidServer(name, 'command', 'must be a string', 'name a program')
  if (
    args !== undefined &&
    !(Array.isArray(args) && args.every((argument) => typeof argument === 'string' && !argument.includes('\0')))
  ) {
    throw invalidServer(name, 'args', 'must be an array of strings', 'quote numbers')
  }
  if (cwd !== undefined && typeof cwd !== 'string') throw invalidServer(name, 'cwd', 'must be a string', 'name a folder')
  if (env !== undefined && !isStrings(env)) throw invalidServer(name, 'env', 'must map names to strings', 'quote numbers')
  if (inheritEnv !== undefined && typeof inheritEnv !== 'boolean')
    throw invalidServer(name, 'inheritEnv', 'must be true or false', 'write it without quotes')
  if (onStderr !== undefined && typeof onStderr !== 'function')
    throw invalidServer(name, 'onStderr', 'must be a function', 'leave it out to keep the last of it for messages')
}

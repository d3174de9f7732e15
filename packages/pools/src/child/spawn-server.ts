import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { StdioServer } from '../server/stdio-server.js'
import { HAS_GROUPS } from './process-group.js'
import { ChildServer, type PipedChild, type ServerProcess } from './server-process.js'

/** The variables that a child inherits without `inheritEnv`, as with sudo and the MCP SDK: none of them is a secret. */
const INHERITED =
  process.platform === 'win32'
    ? [
        'APPDATA',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'PATH',
        'PROGRAMFILES',
        'SYSTEMDRIVE',
        'SYSTEMROOT',
        'TEMP',
        'USERNAME',
        'USERPROFILE',
      ]
    : ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER']

/**
 * Starts a child in a process group of its own, with a pipe for each standard stream.
 *
 * @throws Error that names what cannot be run; the signal's reason.
 */
export async function spawnServer(
  owner: string,
  server: string,
  config: StdioServer,
  signal: AbortSignal,
): Promise<ServerProcess> {
  signal.throwIfAborted()
  const child = begin(config)
  // In the same turn as spawn(), so that no output and no exit event is missed.
  const made = child.pid === undefined ? undefined : new ChildServer(owner, server, child, config)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error: NodeJS.ErrnoException) => reject(cannotRun(config, error)))
  })
  if (signal.aborted) {
    await made!.stop(0)
    throw signal.reason
  }
  return made!
}

function begin(config: StdioServer): PipedChild {
  const { command, args = [], cwd } = config
  try {
    return spawn(command, [...args], {
      ...(cwd !== undefined && { cwd }),
      env: environmentOf(config),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: HAS_GROUPS,
      windowsHide: true,
    })
  } catch (error) {
    throw cannotRun(config, error as NodeJS.ErrnoException) // E2BIG, ENOMEM and bad arguments; the rest is an `error` event
  }
}

function environmentOf({ env = {}, inheritEnv = false }: StdioServer): NodeJS.ProcessEnv {
  if (inheritEnv) return { ...process.env, ...env }
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  return { ...Object.fromEntries(inherited), ...env }
}

function cannotRun({ command, cwd }: StdioServer, error: NodeJS.ErrnoException & { spawnargs?: unknown }): Error {
  delete error.spawnargs // may contain secrets
  if (error.code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) {
    return new Error(`its working directory "${cwd}" does not exist`, { cause: error })
  }
  if (error.code === 'ENOTDIR' && cwd !== undefined) {
    return new Error(`its working directory "${cwd}" is no directory`, { cause: error })
  }
  if (error.code === 'ENOENT') return new Error(`command "${command}" not found; check its spelling and PATH`, { cause: error })
  if (error.code === 'EACCES') return new Error(`command "${command}" may not be executed`, { cause: error })
  return new Error(`command "${command}" cannot be run: ${error.message}`, { cause: error })
}

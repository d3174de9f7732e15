import { lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { platform } from 'node:os'
import { builtIn } from '../built-in.js'
import { setTimeout } from '../time.js'

/** How often a process looks whether another one is done with the same file, in ms, and how many times. */
const PAUSE = 20
const LOOKS = 250

/** Whether a path is that of a file: neither a name of Linux that begins with NUL nor a pipe of Windows is. */
export function isSocketFile(path: string): boolean {
  return !path.startsWith('\0') && platform() !== 'win32'
}

/**
 * Listens in the place of a process that has died and left the file of its Unix socket. Resolves to false, without having touched anything,
 * when somebody answers there. Rejects when something else than a socket has the path: that is never removed.
 */
export async function takeStaleSocket(path: string, listen: () => Promise<void>): Promise<boolean> {
  // Of several that start at once, the one that comes later must not take the file of the one that listens by then for a stale one.
  const release = await lock(path)
  try {
    if (!(await removeStaleSocket(path))) return false
    await listen()
    return true
  } finally {
    release()
  }
}

async function removeStaleSocket(path: string): Promise<boolean> {
  const found = statOf(path)
  if (found === undefined) return true
  if (!found.isSocket()) {
    const message = `${path} is no socket but another kind of file; remove it, or choose another path`
    throw Object.assign(new Error(message), { code: 'ENOTSOCK', path })
  }
  if (await isAnswered(path)) return false
  // One that has just been made refuses, too, until its process listens on it.
  await pause()
  if (await isAnswered(path)) return false
  const now = statOf(path)
  // Where there is no lock, another process may listen by now.
  if (now !== undefined && (now.ino !== found.ino || now.ctimeMs !== found.ctimeMs)) return false
  try {
    unlinkSync(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    const message = `the socket ${path} was left by a process that is gone, and may not be removed by this user (${code}); remove it`
    throw Object.assign(new Error(message, { cause }), { code, path })
  }
  return true
}

/**
 * On Linux, a name that only one process has at a time, and that goes with it. Elsewhere, and between containers that share a folder, there is
 * none.
 */
async function lock(path: string): Promise<() => void> {
  if (platform() !== 'linux') return () => {}
  const name = `\0keelson ${builtIn('node:crypto').createHash('sha256').update(path).digest('hex')}`
  for (let looks = 0; looks < LOOKS; looks++) {
    const server = createServer((socket) => socket.destroy())
    const taken = await new Promise<string | undefined>((resolve) => {
      server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
      server.listen({ path: name, exclusive: true }, () => resolve(undefined))
    })
    if (taken !== 'EADDRINUSE') return () => void server.close()
    await pause()
  }
  return () => {}
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE))
}

function statOf(path: string) {
  return lstatSync(path, { throwIfNoEntry: false })
}

/** Only a refusal says that nobody is there: its queue may be full, or this user may not connect. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}

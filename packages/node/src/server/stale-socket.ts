import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { platform } from 'node:os'

/** Whether a path is that of a file: neither a name of Linux that begins with NUL nor a pipe of Windows is. */
export function isSocketFile(path: string): boolean {
  return !path.startsWith('\0') && platform() !== 'win32'
}

/**
 * Removes the file of a Unix socket on which nobody listens any more: its process has died. Resolves to whether the path is free now;
 * false when somebody answers there. Rejects when something else than a socket has the path: that is never removed.
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
  const found = await statOf(path)
  if (found === undefined) return true
  if (!found.isSocket()) {
    const message = `${path} is no socket but another kind of file; remove it, or choose another path`
    throw Object.assign(new Error(message), { code: 'ENOTSOCK', path })
  }
  if (await isAnswered(path)) return false
  const now = await statOf(path)
  // Another process may have found the same, and listen by now.
  if (now !== undefined && (now.ino !== found.ino || now.ctimeMs !== found.ctimeMs)) return false
  try {
    await unlink(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    const message = `the socket ${path} was left by a process that is gone, and may not be removed by this user (${code}); remove it`
    throw Object.assign(new Error(message, { cause }), { code, path })
  }
  return true
}

async function statOf(path: string) {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
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

import { existsSync } from 'node:fs'
import type { ListenOptions as NodeAddress, Server } from 'node:net'
import { dirname } from 'node:path'
import { aroundEmit } from '../connections/around-emit.js'
import { invalidOption } from '../options.js'

/** A port, the path of a Unix socket, or a descriptor, with what belongs to it. */
export type Address = Pick<
  NodeAddress & { fd?: number; reusePort?: boolean },
  'port' | 'host' | 'path' | 'readableAll' | 'writableAll' | 'backlog' | 'fd' | 'reusePort'
>

/**
 * Listens, and resolves once it does. Rejects with one clear line when the address cannot be had, and with the signal's reason
 * when that aborts first: the caller then closes the server, which may still come to listen. An error of the server is not thrown
 * until then, either: libraries on top of one, such as ws, throw it where nobody listens to theirs.
 */
export function listen(server: Server, address: Address, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    function settle(): void {
      server.off('listening', onListening)
      release()
      signal?.removeEventListener('abort', onAbort)
    }

    function onListening(): void {
      settle()
      resolve()
    }

    function onError(error: NodeJS.ErrnoException): void {
      settle()
      reject(listenFailed(error, address))
    }

    function onAbort(): void {
      reject(signal?.reason)
    }

    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const release = aroundEmit(server, (args, pass) => {
      const [event, error] = args
      if (event !== 'error') return pass(args)
      onError(error as NodeJS.ErrnoException)
      try {
        return pass(args)
      } catch (thrown) {
        if (thrown !== error) throw thrown
        return true
      }
    })
    server.once('listening', onListening)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      server.listen(address)
    } catch (error) {
      settle()
      throw error
    }
  })
}

/** What an address is called in messages: `port 3000`, `the socket /run/shop.sock`. */
export function addressText({ port = 0, path, fd }: Address): string {
  if (fd !== undefined) return `descriptor ${fd}`
  return path === undefined ? `port ${port}` : `the socket ${path.replace('\0', '@')}`
}

function listenFailed(error: NodeJS.ErrnoException, address: Address): Error {
  const { port, host, path, fd, reusePort } = address
  const { code = '' } = error
  if (reusePort && UNSUPPORTED.has(code)) {
    return invalidOption({ text: 'listen' }, 'reusePort', `is not supported by this system (${code}); leave it out`)
  }
  const problems = fd !== undefined ? FD_PROBLEMS : path !== undefined ? PATH_PROBLEMS : PORT_PROBLEMS
  // libuv says EACCES where the folder is missing.
  const missing = path !== undefined && code === 'EACCES' && !existsSync(dirname(path))
  const problem = missing ? NO_FOLDER : Object.hasOwn(problems, code) ? problems[code] : undefined
  if (problem === undefined) return error
  const [what, remedy] = problem
  const message = `${what.replace('ADDRESS', addressText(address)).replace('HOST', host ?? '')} (${code}); ${remedy}`
  return Object.assign(new Error(message, { cause: error }), { code, ...(path === undefined ? { port } : { path }) })
}

type Problem = readonly [what: string, remedy: string]
type Problems = Readonly<Record<string, Problem>>

const UNSUPPORTED: ReadonlySet<string> = new Set(['ENOTSUP', 'ENOPROTOOPT', 'EOPNOTSUPP'])

const PORT_PROBLEMS: Problems = {
  EADDRINUSE: ['ADDRESS is already in use', 'stop what listens there, or choose another port (0 takes a free one)'],
  EACCES: ['ADDRESS may not be opened by this user', 'choose a port above 1023, or grant the process CAP_NET_BIND_SERVICE'],
  EADDRNOTAVAIL: ['host HOST is not an address of this machine', 'leave host out to listen on every address'],
  ENOTFOUND: ['host HOST is not known', 'correct it, or leave host out to listen on every address'],
  EAI_AGAIN: ['host HOST could not be looked up', 'check the DNS of this machine, or leave host out to listen on every address'],
}

const PATH_PROBLEMS: Problems = {
  EADDRINUSE: ['ADDRESS is already in use: a process answers there', 'stop what listens there, or choose another path'],
  EACCES: ['ADDRESS may not be created by this user', 'grant the right to write to its folder, or choose another'],
  EROFS: ['ADDRESS is on a file system that cannot be written to', 'choose another path'],
}

const NO_FOLDER: Problem = [
  'ADDRESS is in a folder that does not exist',
  'create that (systemd: RuntimeDirectory=), or correct the path',
]

const NOT_HANDED_OVER = 'it has to be a socket that listens, handed over by whoever starts this process; check the number'
const FD_PROBLEMS: Problems = {
  EBADF: ['ADDRESS is not open', NOT_HANDED_OVER],
  EINVAL: ['ADDRESS is no socket to listen on', NOT_HANDED_OVER],
  ENOTSOCK: ['ADDRESS is no socket', NOT_HANDED_OVER],
  EEXIST: ['ADDRESS is in use by this process itself', NOT_HANDED_OVER],
  EOPNOTSUPP: ['ADDRESS is no socket to listen on', NOT_HANDED_OVER],
}

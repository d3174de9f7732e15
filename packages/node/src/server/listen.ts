import type { Server } from 'node:net'
import { aroundEmit } from '../connections/around-emit.js'

/**
 * Listens, and resolves once it does. Rejects with one clear line when the address cannot be had, and with the signal's reason
 * when that aborts first: the caller then closes the server, which may still come to listen. An error of the server is not thrown
 * until then, either: libraries on top of one, such as ws, throw it where nobody listens to theirs.
 */
export function listen(server: Server, port: number, host: string | undefined, signal?: AbortSignal): Promise<void> {
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
      reject(listenFailed(error, port, host))
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
      server.listen({ port, host })
    } catch (error) {
      settle()
      throw error
    }
  })
}

function listenFailed(error: NodeJS.ErrnoException, port: number, host: string | undefined): Error {
  const problem = PROBLEMS[error.code ?? '']
  if (problem === undefined) return error
  const [what, remedy] = problem
  const message = `${what.replace('PORT', String(port)).replace('HOST', host ?? '')} (${error.code}); ${remedy}`
  return Object.assign(new Error(message, { cause: error }), { code: error.code, port })
}

const PROBLEMS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  EADDRINUSE: ['port PORT is already in use', 'stop what listens there, or choose another port (0 takes a free one)'],
  EACCES: ['port PORT may not be opened by this user', 'choose a port above 1023, or grant the process CAP_NET_BIND_SERVICE'],
  EADDRNOTAVAIL: ['host HOST is not an address of this machine', 'leave host out to listen on every address'],
  ENOTFOUND: ['host HOST is not known', 'correct it, or leave host out to listen on every address'],
  EAI_AGAIN: ['host HOST could not be looked up', 'check the DNS of this machine, or leave host out to listen on every address'],
}

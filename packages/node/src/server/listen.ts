import type { Server } from 'node:net'

/**
 * Listens, and resolves once it does. Rejects with one clear line when the address cannot be had, and with the signal's reason
 * when that aborts first: the caller then closes the server, which may still come to listen.
 */
export function listen(server: Server, port: number, host: string | undefined, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    function settle(): void {
      server.off('listening', onListening)
      server.off('error', onError)
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
      settle()
      server.on('error', () => {})
      reject(signal?.reason)
    }

    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    server.once('listening', onListening)
    server.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    server.listen({ port, host })
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

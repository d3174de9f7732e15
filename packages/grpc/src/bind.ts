import type { Server, ServerCredentials } from '@grpc/grpc-js'

/** Binds, and resolves to the real port once calls are answered. Rejects with one clear line when the address cannot be had. */
export async function bind(
  server: Server,
  credentials: ServerCredentials,
  host: string | undefined,
  port: number,
): Promise<number> {
  if (host !== undefined) return await bindTo(server, credentials, host, port)
  try {
    return await bindTo(server, credentials, '::', port)
  } catch (error) {
    // A machine without IPv6.
    if (!NO_IPV6.test(String(error))) throw error
    return await bindTo(server, credentials, '0.0.0.0', port)
  }
}

const NO_IPV6 = /EAFNOSUPPORT|EADDRNOTAVAIL/

function bindTo(server: Server, credentials: ServerCredentials, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(addressOf(host, port), credentials, (error, bound) => {
      if (error) reject(bindFailed(error, host, port))
      else resolve(bound)
    })
  })
}

/** As gRPC writes it: `localhost:50051`, `[::1]:50051`. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** grpc-js puts the reasons of the operating system into its message. */
function bindFailed(error: Error, host: string, port: number): Error {
  const code = Object.keys(PROBLEMS).find((known) => error.message.includes(known))
  if (code === undefined)
    return /resol/i.test(error.message) && !error.message.includes('errors: [') ? unknownHost(error, host) : error
  const [what, remedy] = PROBLEMS[code] as readonly [string, string]
  const text = what.replace('PORT', String(port)).replace('HOST', host)
  return Object.assign(new Error(`${text} (${code}); ${remedy}`, { cause: error }), { code, port })
}

function unknownHost(error: Error, host: string): Error {
  return new Error(`host ${host} is not known; correct it, or leave host out to listen on every address`, { cause: error })
}

const PROBLEMS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  EADDRINUSE: ['port PORT is already in use', 'stop what listens there, or choose another port (0 takes a free one)'],
  EACCES: ['port PORT may not be opened by this user', 'choose a port above 1023, or grant the process CAP_NET_BIND_SERVICE'],
  EADDRNOTAVAIL: ['host HOST is not an address of this machine', 'leave host out to listen on every address'],
}

import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import type { EngineAddress } from './engine-address.js'
import { SshSocket } from './ssh-socket.js'

/** Connections to an engine, which are kept between requests. */
export function engineAgent(address: EngineAddress): Agent {
  if (address.kind === 'ssh') return new SshAgent(address.args)
  const keepAlive = true
  return address.kind === 'tcp' && address.tls !== undefined
    ? new SecureAgent({ ...address.tls, keepAlive })
    : new Agent({ keepAlive })
}

/** Closes the connections that nobody uses. */
export function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

/** Each connection is a `docker system dial-stdio` on the other machine. */
class SshAgent extends Agent {
  readonly #args: readonly string[]

  constructor(args: readonly string[]) {
    super({ keepAlive: true })
    this.#args = args
  }

  override createConnection(): SshSocket {
    return new SshSocket(this.#args)
  }
}

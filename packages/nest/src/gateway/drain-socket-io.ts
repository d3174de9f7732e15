import type { IncomingMessage } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { StartContext } from '@keelson/kernel'
import { onDrain } from '@keelson/node'
import { type MessagesInFlight, whenStopping } from '../messages/in-flight.js'

/** A connection of Engine.IO: sockets of all namespaces of one client. */
export interface EngineConnection {
  readonly request: IncomingMessage
  readonly transport: { readonly name: string; readonly socket?: { readonly _socket?: Socket } }
  on(event: 'upgrade', listener: (transport: EngineConnection['transport']) => void): unknown
  close(): void
}

export interface IoClient {
  readonly conn: EngineConnection
}

/** A server of Socket.IO. */
export interface IoLike {
  readonly httpServer?: NetServer
  readonly engine?: {
    readonly clients: Readonly<Record<string, EngineConnection>>
    readonly opts: { allowRequest?: (req: unknown, done: (error: string, ok: boolean) => void) => void }
    on(event: 'connection', listener: (connection: EngineConnection) => void): unknown
  }
}

/** In ms: how long clients have to be gone. */
const LAST = 5_000

/** The server of Socket.IO that is, or has, this: a namespace knows its server. */
export function ioOf(server: unknown): IoLike | undefined {
  const { engine, server: parent } = Object(server) as IoLike & { server?: IoLike }
  if (engine !== undefined) return server as IoLike
  return parent?.engine === undefined ? undefined : parent
}

const drained = new WeakSet<object>()

/**
 * At the end nobody new comes in, and every connection is closed as a network would, when what came on it is handled: clients connect
 * again by themselves. Sockets of an HTTP server that is drained have their turn with its others.
 */
export function drainSocketIo(io: IoLike, http: NetServer, messages: MessagesInFlight, ctx: StartContext): void {
  const { engine } = io
  if (engine === undefined || drained.has(io)) return
  drained.add(io)
  const dismiss = async (connection: EngineConnection) => {
    await messages.settled(connection)
    connection.close()
  }
  engine.on('connection', (connection) => {
    const hold = (socket: Socket | undefined) => socket && onDrain(socket, () => dismiss(connection))
    if (connection.transport.name !== 'polling') hold(connection.request.socket)
    connection.on('upgrade', ({ socket }) => hold(socket?._socket))
  })
  whenStopping(ctx, 'gateway of Socket.IO', async () => {
    engine.opts.allowRequest = (_, done) => done('the server is stopping', false)
    const shared = io.httpServer === http
    if (!shared) io.httpServer?.close()
    const mine = () => Object.values(engine.clients).filter(({ transport }) => !shared || transport.name === 'polling')
    await Promise.all(mine().map(dismiss))
    const until = performance.now() + LAST
    while (mine().length > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  })
}

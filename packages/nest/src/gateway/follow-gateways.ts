import type { Server as NetServer } from 'node:net'
import type { StartContext } from '@keelson/kernel'
import type { INestApplication } from '@nestjs/common'
import { define, methodOf } from '../hooks/follow-hooks.js'
import { MessagesInFlight } from '../messages/in-flight.js'
import { drainSocketIo, type IoClient, type IoLike, ioOf } from './drain-socket-io.js'
import { drainWs, type WsClient, type WsLike } from './drain-ws.js'

/** A handler of a gateway, as Nest gives it to its adapter. */
interface BoundHandler {
  readonly message: unknown
  callback(...args: unknown[]): unknown
}

/**
 * Counts the messages that gateways work on, whichever adapter they have, and has the drain of the app wait for them. A client is told to
 * come back when what it has sent is handled.
 */
export function followGateways(app: INestApplication, ctx: StartContext): void {
  const { config } = app as unknown as { config: { setIoAdapter(adapter: object): void } }
  const messages = new MessagesInFlight(ctx)
  const set = methodOf(config, 'setIoAdapter')
  define(config, 'setIoAdapter', (adapter: object) => {
    followAdapter(adapter, app.getHttpServer(), messages, ctx)
    set.call(config, adapter)
  })
}

const followed = new WeakSet<object>()

function followAdapter(adapter: object, http: NetServer, messages: MessagesInFlight, ctx: StartContext): void {
  if (followed.has(adapter)) return
  followed.add(adapter)
  const create = methodOf(adapter, 'create')
  define(adapter, 'create', function (this: unknown, ...args: unknown[]) {
    const server = create.apply(this, args)
    const io = ioOf(server)
    if (io !== undefined) drainSocketIo(io as IoLike, http, messages, ctx)
    else if (isWs(server)) drainWs(server, messages, ctx)
    return server
  })
  const bind = methodOf(adapter, 'bindMessageHandlers')
  define(
    adapter,
    'bindMessageHandlers',
    function (this: unknown, client: WsClient | IoClient, handlers: BoundHandler[], transform: unknown) {
      // The connection below, which the sockets of several namespaces share.
      const connection = 'conn' in client ? client.conn : client
      const bound = handlers.map((handler) => ({
        ...handler,
        callback: (...args: unknown[]) =>
          messages.handle(`message ${String(handler.message)}`, connection, () => handler.callback(...args)),
      }))
      return bind.call(this, client, bound, transform)
    },
  )
}

function isWs(server: unknown): server is WsLike {
  const { clients, on } = Object(server) as Partial<WsLike>
  return clients instanceof Set && typeof on === 'function'
}

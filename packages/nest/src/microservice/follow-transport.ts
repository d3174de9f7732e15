import { Server as NetServer, Socket } from 'node:net'
import type { StartContext } from '@keelson/kernel'
import type { INestMicroservice } from '@nestjs/common'
import { NEVER } from 'rxjs'
import { define, methodOf } from '../hooks/follow-hooks.js'
import { MessagesInFlight, whenStopping } from '../messages/in-flight.js'
import { closeConnections } from './close-connections.js'

type Handler = (data: unknown, context?: { getSocketRef?(): { netSocket?: Socket } }, ...more: unknown[]) => unknown

/** What a transport of Nest 11 and 12 has: that of TCP has a server of `node:net`. */
interface Transport {
  readonly server?: unknown
  isManuallyTerminated?: boolean
}

/**
 * Counts the messages that a microservice works on, and has the drain wait for them. Over TCP it takes no more connections from
 * then on, and closes each of those that it has when nothing is in flight on it: `close()` of Nest would cut them off.
 */
export function followTransport(microservice: INestMicroservice, ctx: StartContext): void {
  // Nest 11 has no method for it.
  const transport = (microservice as unknown as { serverInstance: Transport }).serverInstance
  const messages = new MessagesInFlight(ctx)
  const handlerOf = methodOf(transport, 'getHandlerByPattern')
  define(transport, 'getHandlerByPattern', function (this: unknown, pattern: unknown) {
    const handler = handlerOf.call(this, pattern)
    return typeof handler === 'function' ? followed(handler as Handler, String(pattern)) : handler
  })

  /** With all that Nest has written on it. */
  function followed(handler: Handler, pattern: string): Handler {
    return new Proxy(handler, {
      apply: (target, self, args: Parameters<Handler>) => {
        const client = args[1]?.getSocketRef?.().netSocket ?? transport
        // It was on the wire when the connection was closed: no answer would arrive, so it is not handled, and may be sent again.
        if (client instanceof Socket && client.writableEnded) return NEVER
        return messages.handle(`message ${pattern}`, client, () => Reflect.apply(target, self, args))
      },
    })
  }

  const { server } = transport
  if (!(server instanceof NetServer)) return
  const connections = new Map<Socket, number>()
  server.on('connection', (socket: Socket) => {
    const heard = () => connections.set(socket, performance.now())
    heard()
    socket.on('data', heard)
    socket.once('close', () => connections.delete(socket))
  })
  whenStopping(ctx, 'connections of its microservice', () => {
    // It would listen again, where it was told to retry.
    transport.isManuallyTerminated = true
    server.close()
    return closeConnections(connections, (socket) => messages.of(socket) > 0)
  })
}

import type { IncomingMessage } from 'node:http'
import type { StartContext } from '@keelson/kernel'
import { onDrain } from '@keelson/node'
import { define } from '../hooks/follow-hooks.js'
import { type MessagesInFlight, whenStopping } from '../messages/in-flight.js'

export interface WsClient {
  close(code: number, reason: string): void
}

/** A server of the `ws` package. */
export interface WsLike {
  readonly clients: ReadonlySet<WsClient>
  /** Its own server, where it was given a port. */
  readonly _server?: { close(): void } | null
  readonly options?: { readonly port?: unknown }
  on(event: 'connection', listener: (client: WsClient, request: IncomingMessage) => void): unknown
}

/** In ms: how long clients have to close their side. */
const LAST = 5_000

/** "Service restart": well-behaved clients connect again. */
const RESTART = 1012

/** Says goodbye to clients of a `ws` server, in turn with the other sockets of an HTTP server that is drained, or where it has a port of its own at once. */
export function drainWs(server: WsLike, messages: MessagesInFlight, ctx: StartContext): void {
  const dismiss = async (client: WsClient) => {
    await messages.settled(client)
    client.close(RESTART, 'Service Restart')
  }
  server.on('connection', (client, request) => onDrain(request.socket, () => dismiss(client)))
  const shared = server.options?.port === undefined || server.options.port === null
  whenStopping(ctx, shared ? 'gateway' : `gateway on port ${String(server.options?.port)}`, async () => {
    define(server, 'shouldHandle', () => false)
    if (shared) return
    server._server?.close()
    await Promise.all([...server.clients].map(dismiss))
    const until = performance.now() + LAST
    while (server.clients.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  })
}

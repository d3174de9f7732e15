import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Goodbye } from './goodbyes.js'
import { onDrain } from './on-drain.js'

export interface WebSocketsOptions {
  /** Sent to every client before the close frame, or a function that makes it, of when the client should come back. Default: none. */
  message?: string | Uint8Array | ((goodbye: Goodbye) => string | Uint8Array)
  /** Default 1012, "service restart": well-behaved clients reconnect. */
  code?: number
  /** At most 123 bytes, or a function that makes it. Default 'Service Restart'. */
  reason?: string | ((goodbye: Goodbye) => string)
}

/** The parts of a WebSocketServer of the `ws` package that are used. */
export interface WebSocketServerLike {
  readonly clients?: Iterable<WebSocketLike>
  on(event: 'connection', listener: (socket: WebSocketLike, request: IncomingMessage) => void): unknown
}

export interface WebSocketLike {
  send(data: string | Uint8Array): void
  close(code?: number, reason?: string): void
}

/**
 * Lets the clients of a `ws` server know that their server drains: the optional last message and a close frame, 1012 by default. They
 * are told one after the other, over `drain.spread`.
 *
 * @example
 * webSockets(new WebSocketServer({ server }), { message: ({ retryMs }) => JSON.stringify({ type: 'restarting', retryMs }) })
 */
export function webSockets(wss: WebSocketServerLike, options: WebSocketsOptions = {}): void {
  const { message, code = 1012, reason = 'Service Restart' } = options

  function dismissOnDrain(client: WebSocketLike, socket: Duplex | undefined): void {
    if (!socket) return
    onDrain(socket, (goodbye) => {
      if (message !== undefined) client.send(typeof message === 'function' ? message(goodbye) : message)
      client.close(code, typeof reason === 'function' ? reason(goodbye) : reason)
    })
  }

  for (const client of wss.clients ?? []) dismissOnDrain(client, (client as { _socket?: Duplex })._socket)
  wss.on('connection', (client, request) => dismissOnDrain(client, request.socket))
}

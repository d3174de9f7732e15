import type { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { clearTimeout, now } from '../time.js'
import {
  type Awaited,
  type Connection,
  type ConnectionOwner,
  connectionOf,
  type HttpSocket,
  openConnection,
} from './connection.js'
import { type CompatResponse, departureOf, departureOfStream } from './departure.js'
import type { Answer, Departure } from './left-handlers.js'
import { ownListener } from './own-listener.js'
import { responsesOf } from './pipelined.js'
import { requestLabel } from './request-label.js'
import { isSecure } from './secure-server.js'
import { shadowListeners } from './shadow-listeners.js'

export interface Connections {
  readonly open: ReadonlySet<Connection>
  /** TCP sockets of a TLS server whose handshake is not finished, and when they were accepted. */
  readonly handshakes: ReadonlyMap<Socket, number>
  /** Sessions of HTTP/2 whose connection is gone, while their streams have yet to be told. */
  readonly breaking: ReadonlySet<Connection>
  /** Connections accepted so far. */
  accepted(): number
  untrack(): void
}

export interface ConnectionEvents {
  opened(): void
  streamStarted(connection: Connection): void
  /** A stream of HTTP/2 is over; `answered` if neither side has broken it off. */
  streamEnded(connection: Connection, stream: ServerHttp2Stream, answered: boolean): void
  /** The client is gone before its handler had ended the answer. */
  left(departure: Departure, request: Awaited): void
  upgraded(connection: Connection): void
  closed(): void
}

const RESPONSE = Symbol('keelson.response')

const tracked = new WeakMap<Server, Connections>()

interface AnsweredStream extends ServerHttp2Stream {
  [RESPONSE]?: CompatResponse
}

/** A stream of HTTP/2: its label is made only when somebody wants to know. */
class Stream implements Awaited {
  readonly since = now()
  /** Its client has broken it off. */
  departure: Departure | undefined
  readonly #headers: IncomingHttpHeaders

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers
  }

  get method(): string | undefined {
    return this.#headers[':method']
  }

  get label(): string {
    return requestLabel({ method: this.method, url: this.#headers[':path'] })
  }
}

/** Keeps a record per connection of `server`. Costs a request nothing; an h2 stream two listeners. */
export function trackConnections(server: Server, owner: ConnectionOwner, events: ConnectionEvents): Connections {
  const secure = isSecure(server)
  const open = new Set<Connection>()
  const handshakes = new Map<Socket, number>()
  const breaking = new Set<Connection>()
  let accepted = 0

  function onConnection(socket: Socket): void {
    accepted++
    if (secure) {
      handshakes.set(socket, now())
      socket.once('close', onHandshakeEnd)
    } else track(socket)
    events.opened()
  }

  function onSecureConnection(socket: HttpSocket): void {
    const tcp = socket._parent
    if (tcp) handshakes.delete(tcp)
    track(socket)
    events.opened()
  }

  function onHandshakeEnd(this: Socket): void {
    handshakes.delete(this)
    events.closed()
  }

  function track(socket: HttpSocket): void {
    open.add(openConnection(socket, owner))
    socket.once('close', onClose)
  }

  function onClose(this: HttpSocket): void {
    const connection = connectionOf(this)
    if (connection) {
      clearTimeout(connection.timer)
      open.delete(connection)
      if (connection.streams.size > 0) breaking.add(connection)
      for (const response of responsesOf(connection)) {
        const departure = departureOf(response)
        if (departure) events.left(departure, { label: requestLabel(response.req), since: connection.busySince })
      }
    }
    events.closed()
  }

  function onSession(session: ServerHttp2Session): void {
    const connection = connectionOf(session.socket as HttpSocket)
    if (!connection) return
    const open = new Map<ServerHttp2Stream, Stream>()
    connection.session = session
    const streams = new Set<ServerHttp2Stream>()
    connection.streams = streams
    connection.openStreams = open
    const onAborted = ownListener(function (this: AnsweredStream): void {
      const stream = open.get(this)
      if (stream) stream.departure = departureOfStream(this, this[RESPONSE], stream.method)
    })
    const onStreamClose = ownListener(function (this: AnsweredStream): void {
      const stream = open.get(this)
      open.delete(this)
      streams.delete(this)
      const last = streams.size === 0 && breaking.delete(connection)
      events.streamEnded(connection, this, this.rstCode === 0 && !this.aborted)
      // Not before: Node ends what its client has broken off.
      if (stream?.departure && !this[RESPONSE]?.writableEnded) events.left(stream.departure, stream)
      if (last) events.closed()
    })
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      open.set(stream, new Stream(headers))
      streams.add(stream)
      connection.lastStream = stream.id ?? connection.lastStream
      stream.prependListener('aborted', onAborted)
      stream.once('close', onStreamClose)
      events.streamStarted(connection)
    })
  }

  function onRequest(_request: unknown, response: { stream?: AnsweredStream } & CompatResponse): void {
    if (response.stream) response.stream[RESPONSE] = response
  }

  function onUpgrade(request: IncomingMessage, stream: Duplex): void {
    const connection = connectionOf(request.socket)
    if (!connection) return
    connection.upgrade = { request, stream, bytesWritten: connection.socket.bytesWritten }
    connection.busySince = now()
    events.upgraded(connection)
  }

  // First in line: Node's own listener on these events creates the h2 session, which looks its record up.
  server.prependListener('connection', onConnection)
  if (secure) server.prependListener('secureConnection', onSecureConnection)
  server.on('session', onSession)
  const unshadow = shadowListeners(server, ['upgrade', 'connect'], onUpgrade)
  // Of a response the streams of h2 do not tell, and the requests of HTTP/1 need not be followed.
  const forget = 'updateSettings' in server ? shadowListeners(server, ['request'], onRequest) : undefined

  const connections: Connections = {
    open,
    handshakes,
    breaking,
    accepted: () => accepted,
    untrack() {
      server.off('connection', onConnection)
      server.off('secureConnection', onSecureConnection)
      server.off('session', onSession)
      unshadow()
      forget?.()
    },
  }
  tracked.set(server, connections)
  return connections
}

/** What a request of HTTP/2 is answered with: the response that its handler has, where it has one. */
export function answerOf(stream: AnsweredStream): Answer {
  return stream[RESPONSE] ?? stream
}

/** Those of a server that is tracked, or was. */
export function connectionsOf(server: Server): Connections | undefined {
  return tracked.get(server)
}

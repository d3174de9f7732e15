import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Connection, type ConnectionOwner, connectionOf, type HttpSocket, openConnection } from './connection.js'
import { isSecure } from './secure-server.js'
import { shadowListeners } from './shadow-listeners.js'

export interface Connections {
  readonly open: ReadonlySet<Connection>
  /** TCP sockets of a TLS server whose handshake is not finished. */
  readonly handshakes: ReadonlySet<Socket>
  /** Connections accepted so far. */
  accepted(): number
  untrack(): void
}

export interface ConnectionEvents {
  opened(): void
  streamStarted(connection: Connection): void
  upgraded(connection: Connection): void
  closed(): void
}

/** Keeps a record per connection of `server`. Costs a request nothing; an h2 stream one listener. */
export function trackConnections(server: Server, owner: ConnectionOwner, events: ConnectionEvents): Connections {
  const secure = isSecure(server)
  const open = new Set<Connection>()
  const handshakes = new Set<Socket>()
  let accepted = 0

  function onConnection(socket: Socket): void {
    accepted++
    if (secure) {
      handshakes.add(socket)
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
    }
    events.closed()
  }

  function onSession(session: ServerHttp2Session): void {
    const connection = connectionOf(session.socket as HttpSocket)
    if (!connection) return
    connection.session = session
    const onStreamClose = (): void => {
      connection.streams--
    }
    session.on('stream', (stream: ServerHttp2Stream) => {
      connection.streams++
      connection.lastStream = stream.id ?? connection.lastStream
      stream.once('close', onStreamClose)
      events.streamStarted(connection)
    })
  }

  function onUpgrade(request: IncomingMessage, stream: Duplex): void {
    const connection = connectionOf(request.socket)
    if (!connection) return
    connection.upgrade = { request, stream, bytesWritten: connection.socket.bytesWritten }
    events.upgraded(connection)
  }

  // First in line: Node's own listener on these events creates the h2 session, which looks its record up.
  server.prependListener('connection', onConnection)
  if (secure) server.prependListener('secureConnection', onSecureConnection)
  server.on('session', onSession)
  const unshadow = shadowListeners(server, ['upgrade', 'connect'], onUpgrade)

  return {
    open,
    handshakes,
    accepted: () => accepted,
    untrack() {
      server.off('connection', onConnection)
      server.off('secureConnection', onSecureConnection)
      server.off('session', onSession)
      unshadow()
    },
  }
}

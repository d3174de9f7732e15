import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { now } from '../time.js'

/** What the drainer remembers of one accepted connection (of a TLS server: from the end of its handshake). */
export interface Connection {
  readonly socket: HttpSocket
  readonly owner: ConnectionOwner
  /** When it was accepted, by the monotonic clock. */
  readonly since: number
  /** The newest response while draining; before that only a pipelined one, so that idle sockets retain nothing. */
  newest: Http1Response | undefined
  /** Of pipelined requests, those between the response that is being written and the newest. */
  waiting: Set<Http1Response> | undefined
  /** A response that ends the connection has been started: what arrives after it cannot be answered any more. */
  ending: boolean
  /** Requests that have begun since the server was told to end its connections, and whether another one is too many. */
  late: number
  full: boolean
  /** Bytes of a further request were already received behind the newest one. */
  behind: boolean
  /** `socket.bytesRead` when the newest request was known to be complete; Infinity before. */
  bytes: number
  session: ServerHttp2Session | undefined
  /** Those of `session` that are not over. */
  streams: ReadonlySet<ServerHttp2Stream>
  /** The same, with what was asked for. */
  openStreams: ReadonlyMap<ServerHttp2Stream, Awaited> | undefined
  /** The id of the newest h2 stream whose head is known to be over: begun as a request, or refused. */
  lastStream: number
  /** The id of the newest h2 stream that a PING was sent for. */
  pinged: number
  upgrade: Upgrade | undefined
  /** When the request in flight began, or the upgrade, on the clock of `time.ts`. */
  busySince: number
  /** Its goodbye was said (h2: GOAWAY, upgraded: the close hook). */
  dismissed: boolean
  timer: NodeJS.Timeout | undefined
}

/** A request whose end is awaited. */
export interface Awaited {
  readonly label: string
  readonly method?: string | undefined
  /** When it began, on the clock of `time.ts`. */
  readonly since: number
}

export interface Upgrade {
  readonly request: IncomingMessage
  readonly stream: Duplex
  /** `socket.bytesWritten` before the application answered the upgrade request. */
  readonly bytesWritten: number
}

/** The drainer as its connections see it. */
export interface ConnectionOwner {
  readonly draining: boolean
  /** Aborted when draining starts, each with what closes when its request is over. */
  readonly signals: Map<AbortController, EventEmitter>
  requestStarted(connection: Connection, response: Http1Response): void
  dismiss(connection: Connection): void
}

/** The parts of Node's HTTP sockets that have no public name. All of them are as old as keep-alive in Node. */
export interface HttpSocket extends Socket {
  [CONNECTION]?: Connection
  /** The response that currently writes to this socket. */
  _httpMessage?: Http1Response | null
  /** Null once the socket was upgraded. `finish()` gives an error in the middle of a message and changes nothing. */
  parser?: { finish?(): unknown } | null
  /** The TCP socket under a TLS socket. */
  _parent?: Socket
  _handle?: SocketHandle | null
}

/** What the operating system knows of a socket. */
export interface SocketHandle {
  /** The number of its file; -1 where there are none. */
  readonly fd?: number
  /** Bytes that were handed over for sending, and how many of them still wait for it. */
  readonly bytesWritten?: number
  readonly writeQueueSize?: number
}

export interface Http1Response extends ServerResponse {
  /** The response head as text, once it is decided. */
  _header: string | null
  /** Node closes the socket after this response. */
  _last: boolean
}

const CONNECTION = Symbol('keelson.connection')

const NONE: ReadonlySet<ServerHttp2Stream> = new Set()

export function openConnection(socket: HttpSocket, owner: ConnectionOwner): Connection {
  const connection: Connection = {
    socket,
    owner,
    since: now(),
    newest: undefined,
    waiting: undefined,
    ending: false,
    late: 0,
    full: false,
    behind: false,
    bytes: Number.POSITIVE_INFINITY,
    session: undefined,
    streams: NONE,
    openStreams: undefined,
    lastStream: 0,
    pinged: 0,
    upgrade: undefined,
    busySince: 0.1, // no small integer: a number that it is replaced by then costs no allocation
    dismissed: false,
    timer: undefined,
  }
  socket[CONNECTION] = connection
  return connection
}

export function connectionOf(socket: HttpSocket | null | undefined): Connection | undefined {
  return socket?.[CONNECTION]
}

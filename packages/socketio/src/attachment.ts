import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { aroundRequests } from './around-requests.js'
import type { Conn, Engine, Io } from './io-like.js'
import { StandInServer } from './stand-in-server.js'

/** A Socket.IO server on an HTTP server, from which it can be taken again. */
export class Attachment {
  readonly #io: Io
  readonly #retryAfter: () => number
  readonly #standIn: StandInServer
  readonly #undo: () => void
  /** WebSockets, by the time they were asked for. */
  readonly #upgraded = new Set<Duplex>()
  /** Messages that are being posted, by the id of their client. */
  readonly #posts = new Map<string, number>()
  readonly #engine: Engine
  #refusing = false

  /** `retryAfter`: in seconds, what clients are told that are refused. */
  constructor(io: Io, server: Server, retryAfter: () => number) {
    this.#io = io
    this.#retryAfter = retryAfter
    this.#standIn = new StandInServer(server)
    io.attach(this.#standIn)
    this.#engine = io.engine as Engine
    // What Socket.IO does not answer under its own path.
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head)
    const passBy = aroundRequests(server, (request, response) => this.#take(request, response))
    server.on('upgrade', onUpgrade)
    this.#undo = () => {
      passBy()
      server.off('upgrade', onUpgrade)
    }
  }

  /** The clients that are connected. */
  get clients(): Conn[] {
    return Object.values(this.#engine.clients)
  }

  /** Connections of clients that are not closed yet, those of clients that were closed included. */
  get sockets(): ReadonlySet<Duplex> {
    return this.#upgraded
  }

  /** Tells of every client that connects. */
  onClient(listener: (conn: Conn) => void): void {
    this.#engine.on('connection', listener)
  }

  onClosed(listener: () => void): void {
    this.#standIn.once('close', listener)
  }

  isPosting({ id }: Conn): boolean {
    return this.#posts.has(id)
  }

  /** Answers 503 to clients that are new from now on, and to those that would change from polling to WebSocket. */
  refuse(): void {
    this.#refusing = true
  }

  detach(): void {
    this.#undo()
  }

  destroy(): void {
    for (const socket of this.#upgraded) socket.destroy()
    for (const conn of this.clients) conn.close(true)
  }

  #take(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '' } = request
    if (!url.startsWith(`${this.#io.path()}/`)) return false
    const id = idIn(url)
    if (this.#refusing && id === undefined && url.includes('transport=')) this.#refuse(response)
    else {
      if (id !== undefined && request.method === 'POST') this.#countPost(id, response)
      this.#standIn.emit('request', request, response)
    }
    return true
  }

  #refuse(response: ServerResponse): void {
    response.writeHead(503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'retry-after': String(this.#retryAfter()),
    })
    response.end('{"message":"Server is shutting down"}')
  }

  #countPost(id: string, response: ServerResponse): void {
    this.#posts.set(id, (this.#posts.get(id) ?? 0) + 1)
    response.once('close', () => {
      const left = (this.#posts.get(id) ?? 1) - 1
      if (left === 0) this.#posts.delete(id)
      else this.#posts.set(id, left)
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isOurs = request.url?.startsWith(`${this.#io.path()}/`) === true
    if (isOurs && this.#refusing) {
      socket.on('error', () => {})
      socket.end(
        `HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: ${this.#retryAfter()}\r\nContent-Length: 0\r\n\r\n`,
      )
      return
    }
    if (isOurs) {
      this.#upgraded.add(socket)
      socket.once('close', () => this.#upgraded.delete(socket))
    }
    this.#standIn.emit('upgrade', request, socket, head)
  }
}

/** The id of a client that is connected already; a session's secret, so it is told nobody. */
function idIn(url: string): string | undefined {
  const query = url.indexOf('?')
  if (query === -1) return undefined
  return new URLSearchParams(url.slice(query)).get('sid') ?? undefined
}

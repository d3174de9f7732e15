import type { IncomingMessage, ServerResponse } from 'node:http'
import { makeRoom, spareFiles } from '../admission/make-room.js'
import { builtIn } from '../built-in.js'
import { drainServer } from '../drain/drain-server.js'
import { type ListenContext, listenOn } from './listen-on.js'

/** A server of the process itself, beside those of the application. */
export interface SmallServer {
  readonly port: number
  /** Its address, without a slash at the end. */
  readonly url: string
  /** Ends whatever is still open on it. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 100
const MAX_REQUESTS = 100
const SILENCE = 10_000

const LIMITS = {
  connectionsCheckingInterval: 1_000,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
}

/** Where it listens, and how large a head of a request may be, in bytes. */
export interface SmallServerOptions {
  readonly port: number
  readonly host?: string | undefined
  readonly waitForPort?: number
  readonly maxHeaderSize: number
}

/**
 * Keeps little for anybody: 100 connections, of which the oldest are closed for new ones; 5 s for a request and for the next one on its connection,
 * 10 s in which nothing moves, 100 requests a connection.
 */
export async function openSmallServer(
  listener: (req: IncomingMessage, res: ServerResponse) => void,
  { port, host, waitForPort = 0, maxHeaderSize }: SmallServerOptions,
  ctx: ListenContext = {},
): Promise<SmallServer> {
  const server = builtIn('node:http').createServer({ ...LIMITS, maxHeaderSize }, (req, res) => {
    endLast(res)
    listener(req, res)
  })
  server.maxRequestsPerSocket = MAX_REQUESTS
  server.timeout = SILENCE
  // Nothing is read behind the last request of a connection.
  server.on('dropRequest', (_req, socket) => socket.pause())
  const drainer = drainServer(server)
  makeRoom(server, { maxConnections: MAX_CONNECTIONS, spareFiles: spareFiles(16), any: true })
  const where = await listenOn(server, { port, waitForPort, ...(host !== undefined && { host }) }, false, ctx)
  return {
    port: where.port,
    url: where.url,
    // Nothing that is in flight is waited for.
    close: () => drainer.drain({ signal: AbortSignal.abort() }),
  }
}

export function answerNotFound(res: ServerResponse): void {
  res.writeHead(404, NOT_FOUND).end()
}

/** Node says `Connection: close` in the last answer that it allows on a connection, and leaves it to the client. */
function endLast(res: ServerResponse & { maxRequestsOnConnectionReached?: boolean }): void {
  if (res.maxRequestsOnConnectionReached) res.shouldKeepAlive = false
}

const NOT_FOUND = { 'content-length': '0', 'x-content-type-options': 'nosniff' }

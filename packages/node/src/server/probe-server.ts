import type { ServerResponse } from 'node:http'
import type { Kernel } from '@keelson/kernel'
import { makeRoom, spareFiles } from '../admission/make-room.js'
import { builtIn } from '../built-in.js'
import { drainServer } from '../drain/drain-server.js'
import { probeHandler } from '../probe/probe-handler.js'
import type { ProbeOptions } from '../probe/probe-options.js'
import { type ListenContext, listenOn } from './listen-on.js'

/**
 * A server for probes alone. It keeps little for anybody: 100 connections, of which the oldest are closed for new ones; 5 s for a request
 * and for the next one on its connection, 10 s in which nothing moves, 100 requests a connection, 8 KiB of request head. So it
 * answers a platform's probe also while strangers hold connections open, to it or to the application.
 */
export interface ProbeServerOptions extends ProbeOptions {
  port: number
  /** Default: every address, because the kubelet asks from outside. */
  host?: string
  /** How long it waits, in ms, while another process, its predecessor mostly, still holds the port. Default 0. Nothing starts before. */
  waitForPort?: number
}

export interface ProbeServer {
  readonly port: number
  /** Of its readiness probe. */
  readonly url: string
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
  maxHeaderSize: 8 * 1_024,
}

/** A small server that answers probes and nothing else, so that they work before the application listens and until it is gone. */
export async function openProbeServer(
  kernel: Kernel,
  { port, host, waitForPort = 0, ...options }: ProbeServerOptions,
  ctx: ListenContext = {},
): Promise<ProbeServer> {
  const probe = probeHandler(kernel, options)
  const server = builtIn('node:http').createServer(LIMITS, (req, res) => {
    endLast(res)
    if (!probe(req, res)) res.writeHead(404, NOT_FOUND).end()
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
    url: `${where.url}${options.paths?.ready ?? '/readyz'}`,
    // Every answer is written in the turn in which its request arrived: there is nothing in flight to wait for.
    close: () => drainer.drain({ signal: AbortSignal.abort() }),
  }
}

/** Node says `Connection: close` in the last answer that it allows on a connection, and leaves it to the client. */
function endLast(res: ServerResponse & { maxRequestsOnConnectionReached?: boolean }): void {
  if (res.maxRequestsOnConnectionReached) res.shouldKeepAlive = false
}

const NOT_FOUND = { 'content-length': '0', 'x-content-type-options': 'nosniff' }

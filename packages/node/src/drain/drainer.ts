import type { Server as HttpServer } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { WorkInFlight } from '@keelson/kernel'
import type { DrainStats } from './drain-stats.js'

/** What speaks HTTP/1, and HTTP/2 not at all. */
export type Http1Server = HttpServer | HttpsServer

export type DrainableServer = Http1Server | Http2Server | Http2SecureServer

export interface DrainCall {
  /** Aborts when the drain is given up. */
  signal?: AbortSignal
  /** When that will be, in ms from now. Default: not known. */
  within?: number
}

export interface Drainer {
  /**
   * Stops accepting, answers every request that is in flight, half received or on the wire, and closes each connection when that
   * cannot lose a request. Resolves when the last one is gone and no handler is at work whose client has left; whatever is left
   * when `signal` aborts is destroyed. Connections that only wait for a slow client are cut before, by `slowTimeout`, and a little before
   * `within` ms are over, which says when the signal is about to abort. One drain however often it is called. Rejects only with the
   * errors of `onDrain` hooks, at the end.
   */
  drain(options?: DrainCall): Promise<void>
  /** Goes on serving and accepting, but every response now ends its HTTP/1 connection: clients reconnect elsewhere. */
  lameDuck(): void
  /** Destroys every connection and stops listening, now. */
  destroy(): void
  stats(): DrainStats
  /** What is in flight: each request by its method and its path, without the query, and since when. */
  inFlight(): WorkInFlight[]
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Http1Response } from '../connections/connection.js'
import { closeAfterUpload } from '../connections/last-response.js'
import { endLingering } from '../connections/linger.js'

/** The answer to a request that its application does not see: 503, and when to come again. */
export interface Refusal {
  /** What a client is told in `Retry-After`, in seconds. */
  readonly retryAfter: string
}

/** A body that is still coming is read and thrown away, so that the connection may be used on. */
export function refuse(res: ServerResponse | Http2ServerResponse, { retryAfter }: Refusal): void {
  // Responses of h2 take the same list; their types just do not say so.
  ;(res as ServerResponse).writeHead(503, ['retry-after', retryAfter, 'cache-control', 'no-store', 'content-length', '0'])
  // Node closes behind a client that waits to be told to go on, and may have its body under way all the same.
  const { shouldKeepAlive, req } = res as ServerResponse
  if (shouldKeepAlive === false && !(req as IncomingMessage).complete) closeAfterUpload(req.socket, res as Http1Response)
  res.end()
}

/** A stream of an HTTP/2 server that has no requests, only streams. */
export function refuseStream(stream: ServerHttp2Stream, { retryAfter }: Refusal): void {
  stream.respond({ ':status': 503, 'retry-after': retryAfter, 'cache-control': 'no-store' }, { endStream: true })
}

/** A request to upgrade, or for a tunnel: of its connection nothing is left but the socket. */
export function refuseUpgrade(socket: Duplex, { retryAfter }: Refusal): void {
  socket.on('error', () => {})
  socket.write(`HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${retryAfter}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  endLingering(socket as Socket)
  socket.resume()
}

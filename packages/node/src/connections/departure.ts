import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Http1Response } from './connection.js'
import { contentType, isEventStream } from './event-stream.js'
import type { Answer, Departure } from './left-handlers.js'
import { isWatched } from './own-listener.js'
import { isReceived } from './received.js'

/** A response of HTTP/1 whose connection closes; undefined when its handler has ended or destroyed it. */
export function departureOf(response: Http1Response): Departure | undefined {
  if (response.writableEnded || response.destroyed) return undefined
  const begun = response.headersSent
  return {
    answer: response,
    complete: response.req.complete,
    begun,
    events: begun && response.req.method === 'GET' && isEventStream(contentType(response)),
    watched: isWatchedExchange(response),
  }
}

/** A stream of HTTP/2 has such a response, unless its server answers streams. */
export interface CompatResponse extends EventEmitter, Answer {
  readonly req: IncomingMessage
  readonly writableEnded: boolean
}

/** A stream of HTTP/2 that its client breaks off; to be called when it is told of that, while the stream still knows. */
export function departureOfStream(
  stream: ServerHttp2Stream,
  response: CompatResponse | undefined,
  method: string | undefined,
): Departure | undefined {
  if (stream.writableEnded) return undefined
  return {
    answer: response ?? stream,
    complete: isReceived(stream),
    begun: stream.headersSent,
    events: method === 'GET' && isEventStream(stream.sentHeaders?.['content-type']),
    watched: response ? isWatchedExchange(response) : isWatched(stream, 'close', 'aborted'),
  }
}

function isWatchedExchange(response: EventEmitter & { readonly req: EventEmitter }): boolean {
  return isWatched(response, 'close') || isWatched(response.req, 'close', 'aborted')
}

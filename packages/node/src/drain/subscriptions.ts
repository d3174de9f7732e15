import type { ServerHttp2Stream } from 'node:http2'
import type { Connection, Http1Response } from '../connections/connection.js'
import { answerOf } from '../connections/connections.js'
import { contentType, isEventStream } from '../connections/event-stream.js'
import { responsesOf } from '../connections/pipelined.js'
import { nextTick } from '../time.js'

/** What a request is answered by: a response of HTTP/1, or a stream of HTTP/2. */
export type Exchange = Http1Response | ServerHttp2Stream

/** Whether it is answered with an event stream, the head of which is out. */
export function streamsEvents(exchange: Exchange): boolean {
  if (!exchange.headersSent) return false
  return isEventStream('respond' in exchange ? exchange.sentHeaders?.['content-type'] : contentType(exchange))
}

/**
 * Those of one connection that its clients subscribed to and that have not ended. Subscriptions are asked for with GET: that is what
 * EventSource sends, and what it sends again when the stream has ended. The answer to a POST is work that ends by itself.
 */
export function* subscriptionsOf(connection: Connection): Iterable<Exchange> {
  for (const [stream, { method }] of connection.openStreams ?? []) if (method === 'GET' && isOpen(stream)) yield stream
  if (connection.session !== undefined) return
  for (const response of responsesOf(connection)) if (isSubscription(response)) yield response
}

/** The same of one response of HTTP/1. */
export function isSubscription(response: Http1Response): boolean {
  return response.req.method === 'GET' && isOpen(response)
}

/**
 * Ends an event stream with the time after which its client is to connect again. No empty line follows that: if the last event is not
 * complete, it must not be taken for one. What its handler still writes until it hears of the end fails as when a client has left.
 */
export function endEventStream(exchange: Exchange, retryMs: number): void {
  const answer = 'respond' in exchange ? answerOf(exchange) : exchange
  const hint = isEncoded(exchange) ? '' : `retry: ${retryMs}\n`
  try {
    ;(answer as Http1Response).end(hint)
  } catch {
    // Whatever a framework has put around it.
    exchange.destroy()
  }
  Object.assign(answer, { write: refuse, end: () => answer })
}

/** Node would emit an error that nobody expects. */
function refuse(...args: unknown[]): boolean {
  const callback = args.at(-1)
  if (typeof callback === 'function')
    nextTick(callback as () => void, new Error('The event stream was ended: its server is draining'))
  return false
}

function isOpen(exchange: Exchange): boolean {
  return !exchange.writableEnded && !exchange.destroyed && streamsEvents(exchange)
}

/** Its body is in a form that is not known here. */
function isEncoded(exchange: Exchange): boolean {
  if ('respond' in exchange) return exchange.sentHeaders?.['content-encoding'] !== undefined
  return exchange.hasHeader('content-encoding') || /\r\ncontent-encoding:/i.test(exchange._header ?? '')
}

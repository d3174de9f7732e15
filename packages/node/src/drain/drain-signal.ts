import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { connectionOf, type HttpSocket } from '../connections/connection.js'
import { lastResponse } from '../connections/last-response.js'
import { ownListener } from '../connections/own-listener.js'
import { retryHint } from './goodbyes.js'

const controllers = new WeakMap<object, AbortController>()

/**
 * The signal that aborts when the server of `req` starts to drain: end your event stream or long poll then. It is aborted from
 * the start for a request that arrives later, and never aborts when the server has no `drainServer()`. Those of event streams abort one
 * after the other (`spread`), so that their clients do not come back all at once; `signal.reason.retryMs` is the time, in ms, after which
 * the client should: what an event stream says as `retry:`.
 *
 * @example
 * const signal = drainSignal(req)
 * signal.addEventListener('abort', () => res.end(`retry: ${signal.reason.retryMs}\n\n`))
 */
export function drainSignal(req: IncomingMessage | Http2ServerRequest): AbortSignal {
  let controller = controllers.get(req)
  if (!controller) {
    controller = new AbortController()
    controllers.set(req, controller)
    follow(req, controller)
  }
  return controller.signal
}

function follow(req: IncomingMessage | Http2ServerRequest, controller: AbortController): void {
  const connection = connectionOf(req.socket as HttpSocket | null)
  if (!connection) return
  const { owner } = connection
  if (owner.draining) abortSignal(controller, retryHint(1, {}))
  else {
    const awaited = exchange(req, connection.socket)
    owner.signals.set(controller, awaited)
    const forget = ownListener(() => void owner.signals.delete(controller))
    awaited.once('close', forget)
  }
}

/** What closes when the request is over: its stream (h2), its response, or for want of both its socket. */
function exchange(req: IncomingMessage | Http2ServerRequest, socket: HttpSocket): EventEmitter {
  if ('stream' in req) return req.stream
  const current = socket._httpMessage
  if (current?.req === req) return current
  const connection = connectionOf(socket)
  const last = connection && lastResponse(connection)
  return last?.req === req ? last : socket
}

/** Aborts one that was handed out. */
export function abortSignal(controller: AbortController, retryMs: number): void {
  controller.abort(Object.assign(new DOMException('The server is draining', 'AbortError'), { retryMs }))
}

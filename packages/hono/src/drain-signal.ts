import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { drainSignal as signalOf } from '@keelson/node'

/** What is read of Hono's context: the request of Node, which @hono/node-server puts there. */
export interface NodeContext {
  // biome-ignore lint/suspicious/noExplicitAny: an app says with its own types what is in there.
  readonly env: any
}

/**
 * The signal that aborts when the server of this request starts to drain: end your event stream or long poll then. Those of event
 * streams abort one after the other, and `signal.reason.retryMs` is the time, in ms, after which the client should come back.
 *
 * @throws TypeError for a context of an app that is not served by @hono/node-server.
 *
 * @example
 * app.get('/events', (c) => streamSSE(c, async (stream) => {
 *   const signal = drainSignal(c)
 *   while (!signal.aborted) {
 *     await stream.writeSSE({ data: await news(signal) })
 *   }
 *   await stream.writeSSE({ event: 'bye', data: '', retry: signal.reason.retryMs })
 * }))
 */
export function drainSignal(context: NodeContext): AbortSignal {
  return signalOf(incomingOf(context))
}

/** The request of Node behind a context. */
export function incomingOf({ env }: NodeContext): IncomingMessage | Http2ServerRequest {
  const { incoming } = Object(env) as { incoming?: IncomingMessage | Http2ServerRequest }
  if (incoming === undefined)
    throw new TypeError('there is no request of Node in c.env: the app is not served by @hono/node-server')
  return incoming
}

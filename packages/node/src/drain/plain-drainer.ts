import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { aroundEmit } from '../connections/around-emit.js'
import type { Http1Response } from '../connections/connection.js'
import { isEventStream } from '../connections/event-stream.js'
import { type Departure, leftHandlers } from '../connections/left-handlers.js'
import { noteListeners } from '../connections/note-listeners.js'
import { ownListener } from '../connections/own-listener.js'
import { requestLabel } from '../connections/request-label.js'
import { workInFlight } from '../connections/work-in-flight.js'
import { clearInterval, clearTimeout, now, setInterval, setTimeout } from '../time.js'
import type { DrainSettings } from './drain-options.js'
import type { DrainState, DrainStats } from './drain-stats.js'
import type { DrainCall, Drainer } from './drainer.js'
import { retryHint } from './goodbyes.js'
import { endEventStream, isSubscription } from './subscriptions.js'

/** Whether the connections of a server can be followed: not those of Bun's HTTP servers, which are no servers of `node:net`. */
export function drainsInFull(server: object): boolean {
  return server instanceof NetServer
}

/**
 * The drainer for a server that only lets itself be closed: it stops accepting, every request in flight is answered, with
 * `Connection: close` where the head was not sent, and idle connections are closed every `quietWindow` ms. A request that comes in
 * between on one of them may be lost, and upgraded connections get no goodbye. Event streams are ended after `streamTimeout`, all at once.
 * Handlers whose client has left are waited for.
 */
export function plainDrainer(server: HttpServer, { quietWindow, streamTimeout, retry }: DrainSettings): Drainer {
  const open = new Map<ServerResponse, { readonly request: IncomingMessage; readonly since: number }>()
  const counts = { drained: 0, cut: 0, streams: 0 }
  let state: DrainState = 'serving'
  let promise: Promise<void> | undefined

  let finish: (() => void) | undefined
  const left = leftHandlers(finishWhenEmpty, server)
  const unnote = noteListeners(server)
  const untrack = aroundEmit(server, (args, pass) => {
    if (args[0] === 'request') begin(args[1] as IncomingMessage, args[2] as ServerResponse)
    return pass(args)
  })

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const since = now()
    open.set(response, { request, since })
    if (state !== 'serving') endsConnection(response)
    response.once('finish', () => {
      if (open.delete(response) && state === 'draining') counts.drained++
    })
    const onClose = () => {
      if (open.delete(response) && !response.writableEnded)
        left.add(departureOf(request, response), { label: requestLabel(request), since })
    }
    response.once('close', ownListener(onClose))
  }

  function finishWhenEmpty(): void {
    if (left.size() === 0) finish?.()
  }

  async function start(within: number): Promise<void> {
    lameDuck()
    state = 'draining'
    const streams = Number.isFinite(streamTimeout) ? setTimeout(endStreams, Math.min(streamTimeout, within / 2)) : undefined
    const sweep = setInterval(() => server.closeIdleConnections(), Math.max(1, quietWindow))
    await new Promise<void>((resolve) => server.close(() => resolve()))
    clearInterval(sweep)
    clearTimeout(streams)
    await new Promise<void>((resolve) => {
      finish = resolve
      finishWhenEmpty()
    })
    state = 'drained'
    untrack()
    unnote()
  }

  function endStreams(): void {
    for (const response of open.keys()) {
      if (!isSubscription(response as Http1Response)) continue
      open.delete(response)
      counts.streams++
      endEventStream(response as Http1Response, retryHint(1, { retry }))
    }
  }

  function lameDuck(): void {
    if (state !== 'serving') return
    state = 'lame-duck'
    for (const response of open.keys()) endsConnection(response)
  }

  function cut(): void {
    if (state !== 'draining') return
    counts.cut += open.size
    open.clear()
    left.forget()
    server.closeAllConnections()
    finishWhenEmpty()
  }

  function drain({ signal, within = Number.POSITIVE_INFINITY }: DrainCall = {}): Promise<void> {
    promise ??= start(within)
    if (signal?.aborted) cut()
    else signal?.addEventListener('abort', cut, { once: true })
    return promise
  }

  return {
    drain,
    lameDuck,
    destroy: () => void drain({ signal: AbortSignal.abort() }),
    stats: (): DrainStats => ({
      state,
      connections: open.size,
      requests: open.size,
      sessions: 0,
      upgraded: 0,
      slow: 0,
      left: left.size(),
      destroyed: counts.cut,
      ...counts,
    }),
    inFlight: () => [
      ...Array.from(open.values(), ({ request, since }) => ({ label: requestLabel(request), sinceMs: now() - since })),
      ...workInFlight([], left.requests()),
    ],
  }
}

/** To be called when a response has closed: its connection says nothing of the client any more. */
function departureOf(request: IncomingMessage, response: ServerResponse): Departure {
  return {
    answer: response,
    complete: request.complete,
    begun: response.headersSent,
    events: response.headersSent && request.method === 'GET' && isEventStream(response.getHeader('content-type')),
    // A response that its handler has destroyed looks the same.
    watched: true,
  }
}

function endsConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}

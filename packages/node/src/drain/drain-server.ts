import type { Server as HttpServer } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { Connection, ConnectionOwner, Http1Response } from '../connections/connection.js'
import { trackConnections } from '../connections/connections.js'
import { deferRequests } from '../connections/deferred-requests.js'
import { retireSession } from '../connections/h2-sessions.js'
import { isIdle } from '../connections/idle.js'
import { closeAfterLast, endsConnection, lastResponse, noteWhatFollows } from '../connections/last-response.js'
import { leftHandlers } from '../connections/left-handlers.js'
import { noteListeners } from '../connections/note-listeners.js'
import { notePipelined, responsesOf } from '../connections/pipelined.js'
import { followRequests } from '../connections/request-starts.js'
import { destroyStalled } from '../connections/stalled-handshakes.js'
import { workInFlight } from '../connections/work-in-flight.js'
import { setImmediate, setTimeout } from '../time.js'
import { type DrainOptions, type DrainSettings, drainOptions } from './drain-options.js'
import { type DrainState, drainStats, requestsInFlight } from './drain-stats.js'
import type { DrainableServer, DrainCall, Drainer } from './drainer.js'
import { type Farewells, farewellsOf } from './farewells.js'
import type { Goodbye } from './goodbyes.js'
import { holdBack } from './hold-back.js'
import { drainsInFull, plainDrainer } from './plain-drainer.js'
import { type QuietWindow, quietWindow } from './quiet-window.js'
import { cutSlowClients, type SlowClients } from './slow-clients.js'
import { backlogAccepted, stopConnectionsChecking, stopListening } from './stop-listening.js'
import type { Exchange } from './subscriptions.js'
import { dismissUpgraded } from './upgraded-sockets.js'

/** A client that was promised keep-alive may send its next request at once: this long, in ms, it is waited for. */
const PROMISE = 50

/** A client that pipelines without end has so many requests answered after it could have been told to close. */
const PIPELINED = 100

const drainers = new WeakMap<NetServer, Drainer>()

/**
 * Makes `server` drainable without losing a request. Call it before listen(): earlier connections are only known from their next
 * request on. The same server always gives the same drainer, with the options of the first call. A drained server stays drained.
 *
 * @throws RangeError when an option is not a number of milliseconds.
 */
export function drainServer(server: DrainableServer, options: DrainOptions = {}): Drainer {
  const known = drainers.get(server)
  if (known) return known
  const settings = drainOptions(options)
  const drainer = drainsInFull(server) ? createDrainer(server, settings) : plainDrainer(server as HttpServer, settings)
  drainers.set(server, drainer)
  return drainer
}

/** The drainer for a server that is about to listen, maybe for another time: one that was drained gets a new one. */
export function drainerOf(server: DrainableServer, options?: DrainOptions): Drainer {
  if (drainers.get(server)?.stats().state === 'drained') drainers.delete(server)
  return drainServer(server, options)
}

function createDrainer(server: NetServer, options: DrainSettings): Drainer {
  let state: DrainState = 'serving'
  let promise: Promise<void> | undefined
  let settle: (() => void) | undefined
  let window: QuietWindow | undefined
  let slow: SlowClients | undefined
  let farewells: Farewells | undefined
  let undefer: (() => void) | undefined
  let stopped = false
  let closed = false
  let expired = false
  const counts = { drained: 0, cut: 0, slow: 0, destroyed: 0 }
  const errors: unknown[] = []
  /** Of requests that no handler has seen. */
  const refused = new WeakSet<object>()
  const deadlines = new Set<AbortSignal>()

  const owner: ConnectionOwner = {
    get draining() {
      return state === 'draining' || state === 'drained'
    },
    signals: new Map(),
    requestStarted(connection, response) {
      if (connection.full) {
        refused.add(response)
        connection.socket.pause()
        return
      }
      if (state !== 'serving') {
        connection.full = ++connection.late === PIPELINED
        const before = lastResponse(connection)
        if (before && endsConnection(before)) connection.ending = true
        connection.behind = false
        connection.bytes = Number.POSITIVE_INFINITY
        response.once('finish', () => countAnswer(connection, response))
        begin()
      }
      notePipelined(connection)
      connection.newest = response
    },
    dismiss: (connection) => dismiss(connection),
  }
  const requests = followRequests()
  const left = leftHandlers(finishWhenEmpty, server)
  const unnote = noteListeners(server)
  const connections = trackConnections(server, owner, {
    opened: () => window?.touch(),
    streamStarted(connection) {
      begin()
      // Not inside of the h2 parser, and together with the requests that came with this one.
      if (owner.draining) setImmediate(() => retireSession(connection))
    },
    streamEnded(connection, stream, answered) {
      if (answered) countAnswer(connection, stream)
    },
    left(departure, request) {
      if (!expired && !refused.has(departure.answer)) left.add(departure, request)
    },
    upgraded: () => window?.touch(),
    closed: finishWhenEmpty,
  })

  function begin(): void {
    if (owner.draining) window?.touch()
  }

  /** A response finishes also when its connection is destroyed under it. */
  function countAnswer({ socket }: Connection, exchange: Exchange): void {
    if (owner.draining && !socket.destroyed && !farewells?.ended(exchange)) counts.drained++
  }

  function enterLameDuck(): void {
    requests.watch()
    undefer = deferRequests(server, admit)
    for (const connection of connections.open) {
      for (const response of responsesOf(connection)) response.once('finish', () => countAnswer(connection, response))
      const response = lastResponse(connection)
      if (!response || response.headersSent) continue
      closeAfterLast(connection, response)
      // This may run inside of the HTTP parser, which can only be asked from outside.
      setImmediate(() => {
        if (lastResponse(connection) === response) noteWhatFollows(connection, response)
      })
    }
  }

  function admit(connection: Connection, response: Http1Response): boolean {
    if (connection.ending) refused.add(response)
    if (refused.has(response)) return false
    if (lastResponse(connection) === response) {
      noteWhatFollows(connection, response)
      closeAfterLast(connection, response)
    }
    return true
  }

  async function start(within: number): Promise<void> {
    if (state === 'serving') enterLameDuck()
    state = 'draining'
    window = quietWindow(options.quietWindow, sweep)
    slow = cutSlowClients({ connections, limit: options.slowTimeout, within, cut: cutSlow })
    server.once('close', onServerClose)
    server.on('listening', onLateListening)
    for (const connection of connections.open) {
      const response = lastResponse(connection)
      if (response?.headersSent && !response._last) response.once('finish', () => closeSoon(connection))
    }
    farewells = farewellsOf({ ...options, connections, signals: owner.signals, within, dismiss })
    farewells.begin()
    const drained = new Promise<void>((resolve) => {
      settle = resolve
    })

    await backlogAccepted(server, connections.accepted)
    // Not before: held back are then only the few that come between two turns of the event loop.
    holdBack(server)
    await backlogAccepted(server, connections.accepted)
    stop()
    // When something else has closed the server meanwhile, its 'close' is past.
    finishWhenEmpty()
    for (const connection of connections.open) if (connection.streams.size > 0) retireSession(connection)
    await drained
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'Several onDrain hooks failed')
  }

  function stop(): void {
    if (stopped) return
    stopped = true
    stopListening(server)
  }

  function onServerClose(): void {
    closed = true
    finishWhenEmpty()
  }

  function onLateListening(): void {
    if (stopped) stopListening(server)
  }

  /** Once a response that began before the drain is out: its head promised keep-alive, so the next request may be under way. */
  function closeSoon(connection: Connection): void {
    const close = () => isIdle(connection) && connection.socket.destroySoon()
    connection.timer = setTimeout(() => setImmediate(close), Math.min(PROMISE, options.quietWindow))
  }

  function sweep(): void {
    for (const connection of connections.open) {
      if (farewells?.awaits(connection)) continue
      if (connection.upgrade) dismiss(connection)
      else if (connection.session) retireSession(connection)
      else if (isIdle(connection)) connection.socket.destroySoon()
    }
    destroyStalled(connections.handshakes.keys())
    // Only what was connected before drainServer() and has not been heard of since.
    if (connections.open.size === 0 && 'closeIdleConnections' in server) (server as HttpServer).closeIdleConnections()
  }

  function cutSlow(socket: Socket): void {
    if (!socket.destroyed) counts.slow++
    socket.destroy()
  }

  function dismiss(connection: Connection, goodbye?: Goodbye): void {
    if (connection.dismissed || farewells === undefined) return
    connection.timer ??= setTimeout(() => connection.socket.destroy(), farewells.closing())
    connection.dismissed = dismissUpgraded(connection, goodbye ?? farewells.goodbye(), (error) => errors.push(error))
  }

  function destroyAll(): void {
    stop()
    expired = true
    farewells?.hurry()
    left.forget()
    counts.cut += requestsInFlight(connections.open)
    for (const socket of [...connections.handshakes.keys(), ...[...connections.open].map((connection) => connection.socket)]) {
      if (!socket.destroyed) counts.destroyed++
      socket.destroy()
    }
    if ('closeAllConnections' in server) (server as HttpServer).closeAllConnections()
    finishWhenEmpty()
  }

  function finishWhenEmpty(): void {
    if (!closed || !stopped || state !== 'draining') return
    const { open, handshakes, breaking } = connections
    if (open.size + handshakes.size + breaking.size + left.size() > 0) return
    state = 'drained'
    window?.stop()
    slow?.stop()
    farewells?.stop()
    undefer?.()
    requests.stop()
    connections.untrack()
    unnote()
    server.off('listening', onLateListening)
    stopConnectionsChecking(server)
    for (const signal of deadlines) signal.removeEventListener('abort', destroyAll)
    settle?.()
  }

  function drain({ signal, within = Number.POSITIVE_INFINITY }: DrainCall = {}): Promise<void> {
    promise ??= start(signal?.aborted ? Number.POSITIVE_INFINITY : within)
    if (signal && state === 'draining') {
      deadlines.add(signal)
      if (signal.aborted) destroyAll()
      else signal.addEventListener('abort', destroyAll, { once: true })
    }
    return promise
  }

  return {
    drain,
    lameDuck() {
      if (state !== 'serving') return
      enterLameDuck()
      state = 'lame-duck'
    },
    destroy() {
      // The errors belong to whoever waits for the drain; without one there is nobody to tell.
      drain({ signal: AbortSignal.abort() }).catch(() => {})
    },
    stats: () => drainStats(state, connections, left.size(), { ...counts, streams: farewells?.count() ?? 0 }),
    inFlight: () => workInFlight(connections.open, left.requests(), slow?.halfHeads()),
  }
}

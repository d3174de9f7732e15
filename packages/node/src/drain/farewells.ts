import type { EventEmitter } from 'node:events'
import type { Connection } from '../connections/connection.js'
import type { Connections } from '../connections/connections.js'
import { clearTimeout, now, setTimeout } from '../time.js'
import type { DrainSettings } from './drain-options.js'
import { abortSignal } from './drain-signal.js'
import { type Goodbye, type GoodbyeOptions, retryHint, spreadGoodbyes } from './goodbyes.js'
import { lastCall } from './slow-clients.js'
import { type Exchange, endEventStream, streamsEvents, subscriptionsOf } from './subscriptions.js'

/** Event streams that begin during the drain are found within the longer of these, in ms. */
const LONGEST_LOOK = 1_000
const SHORTEST_LOOK = 10

export interface FarewellsOptions extends Pick<DrainSettings, 'streamTimeout' | 'spread' | 'retry' | 'upgradeTimeout'> {
  readonly connections: Pick<Connections, 'open'>
  /** Of `drainSignal()`, each with what closes when its request is over. */
  readonly signals: Map<AbortController, EventEmitter>
  /** When the drain is given up, in ms from now; Infinity when that is not known. */
  readonly within: number
  /** Says goodbye to an upgraded connection. */
  dismiss(connection: Connection, goodbye: Goodbye): void
}

/** Goodbyes to the clients of a server that drains: to upgraded connections and to event streams, one after the other. */
export interface Farewells {
  begin(): void
  /** Whether its turn is still to come. */
  awaits(connection: Connection): boolean
  /** Whether this event stream was ended here, and how many were. */
  ended(exchange: Exchange): boolean
  count(): number
  /** For one that had no turn. */
  goodbye(): Goodbye
  /** How long an upgraded connection has now to close after its goodbye, in ms: it is closed before the drain is given up. */
  closing(): number
  /** Says everything that is left to say, at once. */
  hurry(): void
  stop(): void
}

/** Those of one drain. */
export function farewellsOf(options: FarewellsOptions): Farewells {
  const { connections, signals, within, streamTimeout, upgradeTimeout, spread, retry, dismiss } = options
  const started = now()
  const hurry = new AbortController()
  const awaiting = new Set<Connection>()
  /** When an event stream was told to end; Infinity while its turn is still to come. */
  const told = new WeakMap<object, number>()
  const due = new WeakSet<Exchange>()
  const ended = new WeakSet<Exchange>()
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const left = () => Math.max(0, started + within - now())
  const inTurn = (): GoodbyeOptions => ({ spread, retry, within: left(), signal: hurry.signal })

  function begin(): void {
    const clients: (Connection | AbortController)[] = []
    for (const connection of connections.open) {
      if (!connection.upgrade) continue
      clients.push(connection)
      awaiting.add(connection)
    }
    for (const [controller, exchange] of signals) {
      if (streamsEvents(exchange as Exchange)) {
        clients.push(controller)
        told.set(exchange, Number.POSITIVE_INFINITY)
      } else abortSignal(controller, retryHint(1, { retry }))
    }
    const say = (client: Connection | AbortController, goodbye: Goodbye) =>
      client instanceof AbortController ? sayBySignal(client, goodbye) : sayToSocket(client, goodbye)
    void spreadGoodbyes(clients, say, inTurn())
    look()
  }

  function sayToSocket(connection: Connection, goodbye: Goodbye): boolean {
    awaiting.delete(connection)
    if (connection.socket.destroyed || connection.dismissed) return false
    dismiss(connection, goodbye)
    return true
  }

  function sayBySignal(controller: AbortController, { retryMs }: Goodbye): boolean {
    const exchange = signals.get(controller)
    if (exchange === undefined) return false
    told.set(exchange, now())
    abortSignal(controller, retryMs)
    return true
  }

  /** Ends the event streams that have had their time, and comes back when the next one has. */
  function look(): void {
    if (stopped || streamTimeout === Number.POSITIVE_INFINITY) return
    const over: Exchange[] = []
    let wait = LONGEST_LOOK
    for (const connection of connections.open) {
      for (const exchange of subscriptionsOf(connection)) {
        if (due.has(exchange)) continue
        const rest = timeLeft(exchange)
        if (rest <= 0) over.push(exchange)
        else wait = Math.min(wait, rest)
      }
    }
    if (over.length > 0) endInTurn(over)
    timer = setTimeout(look, Math.max(SHORTEST_LOOK, Math.min(wait, streamTimeout)))
  }

  /** Until it is ended, in ms. */
  function timeLeft(exchange: Exchange): number {
    const time = now()
    const since = told.get(exchange) ?? time
    told.set(exchange, since)
    return since === Number.POSITIVE_INFINITY ? since : since + Math.min(streamTimeout, (started + within - since) / 2) - time
  }

  function endInTurn(over: readonly Exchange[]): void {
    for (const exchange of over) due.add(exchange)
    const end = (exchange: Exchange, { retryMs }: Goodbye): boolean => {
      if (exchange.writableEnded || exchange.destroyed) return false
      ended.add(exchange)
      count++
      endEventStream(exchange, retryMs)
      return true
    }
    void spreadGoodbyes(over, end, inTurn())
  }

  return {
    begin,
    awaits: (connection) => awaiting.has(connection),
    ended: (exchange) => ended.has(exchange),
    count: () => count,
    goodbye: () => ({ retryMs: retryHint(1, { retry }) }),
    closing: () => Math.max(1, Math.min(upgradeTimeout, lastCall(within) - (now() - started))),
    hurry: () => hurry.abort(),
    stop() {
      stopped = true
      clearTimeout(timer)
      hurry.abort()
    },
  }
}

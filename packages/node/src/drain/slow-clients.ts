import type { Socket } from 'node:net'
import type { Connection, Http1Response } from '../connections/connection.js'
import type { Connections } from '../connections/connections.js'
import { responsesOf } from '../connections/pipelined.js'
import { type ClientsPart, moved, waitsForClient } from '../connections/waits-for-client.js'
import { clearInterval, clearTimeout, now, setImmediate, setInterval, setTimeout } from '../time.js'

/** A body or an answer that moves fewer bytes a second is slow. */
const RATE = 1_024

/** Longest time, in ms, between two looks. */
const LONGEST_TICK = 1_000

/** Longest time, in ms, by which the last cut comes before the deadline. */
const MARGIN = 250

/** When it is time for the last cut, in ms from now, of a drain that has so many. */
export function lastCall(within: number): number {
  return within - Math.min(MARGIN, within / 4)
}

export interface SlowClients {
  /** Of connections on which a request has begun of which not even the head is there: since when that is known, on the clock of `time.ts`. */
  halfHeads(): Iterable<number>
  stop(): void
}

export interface SlowClientsOptions {
  readonly connections: Pick<Connections, 'open' | 'handshakes'>
  /** How long a head may take, and how long a body or an answer may be slow, in ms. */
  readonly limit: number
  /** When the drain is given up, in ms from now; Infinity when that is not known. */
  readonly within: number
  cut(socket: Socket): void
}

interface Since {
  readonly part: ClientsPart
  readonly newest: Http1Response | undefined
  readonly at: number
  readonly moved: number
}

/**
 * While a server drains: cuts connections that only wait for their client, when that takes longer than `limit` for a head, or takes or
 * sends less than 1 KiB a second for so long. A little before the deadline those go, too, that have a half head, or an answer that
 * its handler has ended: what is left is what handlers are at work on.
 */
export function cutSlowClients({ connections, limit, within, cut }: SlowClientsOptions): SlowClients {
  const longest = Math.min(limit, within / 2)
  const seen = new WeakMap<Connection, Since>()
  const started = now()
  // Timers run before input: two turns later what had arrived by then is read.
  const afterInput = (look: () => void) => () => setImmediate(() => setImmediate(look))
  const ticks = setInterval(afterInput(look), Math.min(Math.max(10, longest / 4), LONGEST_TICK))
  const last = Number.isFinite(within) ? setTimeout(afterInput(cutWaiting), Math.min(lastCall(within), 2 ** 31 - 1)) : undefined
  let stopped = false

  function look(): void {
    if (stopped) return
    const time = now()
    for (const connection of connections.open) if (isSlow(connection, time)) cut(connection.socket)
    for (const [socket, since] of connections.handshakes) if (time - Math.max(since, started) >= longest) cut(socket)
  }

  function isSlow(connection: Connection, time: number): boolean {
    const part = waitsForClient(connection)?.part
    const before = seen.get(connection)
    const { newest } = connection
    if (part === undefined) seen.delete(connection)
    else if (before === undefined || before.part !== part || before.newest !== newest) note(connection, part, newest, time)
    else if (time - before.at >= longest) {
      if (part === 'head' || moved(connection) - before.moved < (RATE * (time - before.at)) / 1_000) return true
      note(connection, part, newest, time)
    }
    return false
  }

  function note(connection: Connection, part: ClientsPart, newest: Http1Response | undefined, at: number): void {
    seen.set(connection, { part, newest, at, moved: moved(connection) })
  }

  function cutWaiting(): void {
    if (stopped) return
    for (const connection of connections.open) if (waitsForClient(connection)?.ended) cut(connection.socket)
    for (const socket of connections.handshakes.keys()) cut(socket)
  }

  /** Not asked of the parsers, which may be running now. */
  function* halfHeads(): Iterable<number> {
    for (const connection of connections.open) {
      const since = seen.get(connection)
      if (since?.part === 'head' && !connection.socket.destroyed && !hasRequest(connection)) yield since.at
    }
  }

  look()
  return {
    halfHeads,
    stop() {
      stopped = true
      clearInterval(ticks)
      clearTimeout(last)
    },
  }
}

function hasRequest(connection: Connection): boolean {
  return connection.streams.size > 0 || responsesOf(connection).length > 0
}

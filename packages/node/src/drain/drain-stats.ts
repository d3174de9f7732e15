import type { Connections } from '../connections/connections.js'
import { lastResponse } from '../connections/last-response.js'

export interface DrainStats {
  readonly state: DrainState
  /** Open connections, unfinished TLS handshakes included. */
  readonly connections: number
  /** Requests in flight; requests pipelined on one connection count as one. */
  readonly requests: number
  /** h2 sessions. */
  readonly sessions: number
  /** Upgraded connections: WebSockets and tunnels. */
  readonly upgraded: number
  /** Requests answered in full since draining started. */
  readonly drained: number
  /** Requests that were in flight when the drain's signal, or destroy(), destroyed their connections. */
  readonly cut: number
  /** Handlers still at work though their client has left; the drain waits for them. */
  readonly left: number
  /** Connections destroyed by the drain's signal or by destroy(). */
  readonly destroyed: number
}

export type DrainState = 'serving' | 'lame-duck' | 'draining' | 'drained'

/** What only the drainer knows. */
export type DrainCounts = Pick<DrainStats, 'drained' | 'cut' | 'destroyed'>

export function drainStats(
  state: DrainState,
  { open, handshakes }: Connections,
  left: number,
  { drained, cut, destroyed }: DrainCounts,
): DrainStats {
  const all = [...open]
  return {
    state,
    connections: open.size + handshakes.size,
    requests: requestsInFlight(open),
    sessions: all.filter((connection) => connection.session).length,
    upgraded: all.filter((connection) => connection.upgrade).length,
    drained,
    cut,
    left,
    destroyed,
  }
}

/** What a drain has done, in words: `drained 3 requests, 1 cut`; undefined when there was nothing to do. */
export function drainNote({ drained, cut }: Pick<DrainStats, 'drained' | 'cut'>): string | undefined {
  if (drained + cut === 0) return undefined
  return `drained ${drained} request${drained === 1 ? '' : 's'}${cut === 0 ? '' : `, ${cut} cut`}`
}

export function requestsInFlight(open: Connections['open']): number {
  let count = 0
  for (const connection of open) {
    if (connection.socket.destroyed) continue
    count += connection.session ? connection.streams : lastResponse(connection) ? 1 : 0
  }
  return count
}

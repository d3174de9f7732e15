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
  /** Requests completed since draining started. */
  readonly drained: number
  /** Connections destroyed by the drain's signal or by destroy(). */
  readonly destroyed: number
}

export type DrainState = 'serving' | 'lame-duck' | 'draining' | 'drained'

/** What only the drainer knows: requests seen since draining started, how many of them were cut, connections destroyed. */
export interface DrainCounts {
  begun: number
  cut: number
  destroyed: number
}

export function drainStats(state: DrainState, { open, handshakes }: Connections, counts: DrainCounts): DrainStats {
  const requests = requestsInFlight(open)
  const all = [...open]
  return {
    state,
    connections: open.size + handshakes.size,
    requests,
    sessions: all.filter((connection) => connection.session).length,
    upgraded: all.filter((connection) => connection.upgrade).length,
    drained: Math.max(0, counts.begun - counts.cut - requests),
    destroyed: counts.destroyed,
  }
}

export function requestsInFlight(open: Connections['open']): number {
  let count = 0
  for (const connection of open) count += connection.session ? connection.streams : lastResponse(connection) ? 1 : 0
  return count
}

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
  /** Connections that were cut while draining because they only waited for a client that was too slow. */
  readonly slow: number
  /** Event streams that were ended because they did not end by themselves; they do not count as answered. */
  readonly streams: number
  /** Handlers still at work though their client has left; the drain waits for them. */
  readonly left: number
  /** Connections destroyed by the drain's signal or by destroy(). */
  readonly destroyed: number
}

export type DrainState = 'serving' | 'lame-duck' | 'draining' | 'drained'

/** What only the drainer knows. */
export type DrainCounts = Pick<DrainStats, 'drained' | 'cut' | 'slow' | 'streams' | 'destroyed'>

export function drainStats(
  state: DrainState,
  { open, handshakes }: Connections,
  left: number,
  { drained, cut, slow, streams, destroyed }: DrainCounts,
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
    slow,
    streams,
    left,
    destroyed,
  }
}

/** What a drain has done, in words: `drained 3 requests, 1 cut, 2 event streams ended`; undefined when there was nothing to do. */
export function drainNote({
  drained,
  cut,
  slow = 0,
  streams = 0,
}: Pick<DrainStats, 'drained' | 'cut'> & Partial<Pick<DrainStats, 'slow' | 'streams'>>): string | undefined {
  const parts: string[] = []
  if (drained + cut > 0) parts.push(`drained ${drained} request${drained === 1 ? '' : 's'}`)
  if (cut > 0) parts.push(`${cut} cut`)
  if (streams > 0) parts.push(`${streams} event stream${streams === 1 ? '' : 's'} ended`)
  if (slow > 0) parts.push(`${slow} slow client${slow === 1 ? '' : 's'} cut off`)
  return parts.length === 0 ? undefined : parts.join(', ')
}

export function requestsInFlight(open: Connections['open']): number {
  let count = 0
  for (const connection of open) {
    if (connection.socket.destroyed) continue
    count += connection.session ? connection.streams.size : lastResponse(connection) ? 1 : 0
  }
  return count
}

import type { Server, Socket } from 'node:net'
import type { Connection, HttpSocket } from '../connections/connection.js'
import { type Connections, connectionsOf } from '../connections/connections.js'
import { lastResponse } from '../connections/last-response.js'
import { isMidMessage } from '../connections/mid-message.js'
import { now, setImmediate } from '../time.js'
import { openFileLimit } from './open-file-limit.js'

export interface Room {
  /** Connections that may be open at once. */
  readonly maxConnections: number
  /** Files and sockets that the process may open beyond what this server takes, for whatever else it does. */
  readonly spareFiles: number
  /** Closes those that are asked something, too, when no other is left: for a server whose answers take no time. */
  readonly any?: boolean
}

/** Who connects has this long, in ms, to begin a request before it counts as silent. */
const FIRST_WORD = 1_000

/** `most` of them, less in proportion where the process may open fewer than 256. */
export function spareFiles(most: number): number {
  return Math.floor(most * Math.min(1, openFileLimit() / 256))
}

/**
 * Keeps room for new connections: when the last eighth of `maxConnections`, or the files that are to be spared, are begun, those that
 * nothing would be lost with are closed, the oldest first: silent ones and half heads, then idle ones, then those that have just come.
 * A new one is answered before it can be among them, unless the room is used up within one turn of the event loop. When there is no
 * such connection and no room either, the new one is closed. Costs a connection two comparisons. Only for servers that are tracked;
 * returns a function that ends it.
 */
export function makeRoom(server: Server, room: Room): () => void {
  const lastFile = openFileLimit() - room.spareFiles
  const lastConnection = Math.min(room.maxConnections - 1, Math.ceil(room.maxConnections * (7 / 8)))
  let scheduled = false
  /** Closed here, and still counted as open. */
  let closing = 0

  function onConnection(socket: Socket): void {
    const connections = connectionsOf(server)
    if (connections === undefined) return
    const size = sizeOf(connections)
    const file = fileOf(socket)
    if (size <= lastConnection && file < lastFile) return
    const full = size > room.maxConnections || file >= lastFile + room.spareFiles / 2
    if (full) {
      if (relieve(connections, socket) === 0) socket.destroy()
    } else if (!scheduled) {
      scheduled = true
      // Two turns: between them is what the new ones have sent already.
      setImmediate(() => setImmediate(() => later(connections)))
    }
  }

  function later(connections: Connections): void {
    scheduled = false
    relieve(connections)
  }

  function sizeOf({ open, handshakes }: Connections): number {
    return open.size + handshakes.size - closing
  }

  function onClose(): void {
    closing--
  }

  /** Closes a sixteenth of all, so that a flood costs little per connection. */
  function relieve(connections: Connections, newest?: Socket): number {
    const { open, handshakes } = connections
    const time = now()
    const ranked: Socket[][] = [[], [], [], []]
    for (const [socket, since] of handshakes) ranked[time - since > FIRST_WORD ? 0 : 2]!.push(socket)
    for (const connection of open) {
      const rank = rankOf(connection, time) ?? (room.any && !connection.upgrade ? 3 : undefined)
      if (rank !== undefined) ranked[rank]!.push(connection.socket)
    }
    const size = sizeOf(connections)
    const wanted = Math.max(1, Math.ceil(size / 16), size - room.maxConnections)
    const closed = ranked
      .flat()
      .filter((socket) => socket !== newest && !socket.destroyed)
      .slice(0, wanted)
    closing += closed.length
    for (const socket of closed) socket.once('close', onClose).destroy()
    return closed.length
  }

  server.on('connection', onConnection)
  return () => server.off('connection', onConnection)
}

/** The lower, the sooner it may be closed; undefined: something would be lost with it. */
function rankOf(connection: Connection, time: number): 0 | 1 | 2 | undefined {
  const { socket, session, upgrade, streams, since } = connection
  if (upgrade) return undefined
  if (session) return streams.size === 0 ? 1 : undefined
  if (socket.writableLength > 0 || lastResponse(connection)) return undefined
  if (socket.bytesRead > 0 && !isMidMessage(socket)) return 1
  return time - since > FIRST_WORD ? 0 : 2
}

/** The number of its file, which is the lowest that was free: so many are open at least. -1 where there is none. */
function fileOf(socket: HttpSocket): number {
  return socket._handle?.fd ?? -1
}

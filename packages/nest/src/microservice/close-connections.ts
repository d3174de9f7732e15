import type { Socket } from 'node:net'

/** In ms: how long a connection has to be silent before it is closed; a message may be on the wire. */
const QUIET = 150

/** In ms, from the beginning: what a connection that is never silent for so long brings after that is not read. */
const PATIENCE = 2_000

/** In ms: how long a client has to close its side. */
const LAST = 1_000

const STEP = 20

/** Closes connections, each when all that came on it is answered: with the time when something came last, in ms. */
export async function closeConnections(
  connections: ReadonlyMap<Socket, number>,
  busy: (socket: Socket) => boolean,
): Promise<void> {
  const began = performance.now()
  const ended = new Map<Socket, number>()
  for (let now = began; connections.size > 0; now = performance.now()) {
    for (const [socket, heard] of connections) {
      if (ended.has(socket)) continue
      const reads = now - began < PATIENCE
      if (!reads) socket.pause()
      if (busy(socket) || (reads && now - heard < QUIET)) continue
      ended.set(socket, now)
      socket.end()
      // Its own end is heard after what was not read.
      socket.resume()
    }
    // Who does not hear of it is cut off with the server.
    if ([...connections.keys()].every((socket) => now - (ended.get(socket) ?? now) >= LAST)) return
    await new Promise((resolve) => setTimeout(resolve, STEP))
  }
}

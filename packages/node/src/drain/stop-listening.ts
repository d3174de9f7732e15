import { Server } from 'node:net'
import { clearInterval, now, setImmediate } from '../time.js'

/** Longest time spent on accepting what the kernel has queued, in ms; a storm of new connections would never end. */
const LONGEST = 100

/** A turn of the event loop that took less, in ms, had hardly anything to do. */
const IDLE_TURN = 0.1

/**
 * Resolves when hardly a connection can be waiting in the kernel's accept queue, where closing the listening socket would reset
 * it: right after a turn of the event loop that brought no new connection and had nothing else to do since it looked. Under load
 * such turns are rare; after 50 ms any turn without a new connection has to do, after 100 ms any turn. What still slips in
 * between the last accept and the close is reset: only a load balancer that looks away first (lame duck) prevents that.
 */
export async function backlogAccepted(server: Server, accepted: () => number): Promise<void> {
  const started = now()
  await turn()
  for (let time = now(); server.listening && time - started < LONGEST; ) {
    const before = accepted()
    await turn()
    const took = now() - time
    time += took
    if (accepted() === before && (took < IDLE_TURN || time - started > LONGEST / 2)) return
  }
}

/**
 * Stops listening, a pending listen() included, and nothing else. `close()` of HTTP servers also destroys idle connections, some
 * of them unflushed or with a request on the wire, and that of newer h2 servers closes every session at once.
 */
export function stopListening(server: Server): void {
  Server.prototype.close.call(server)
}

/** The other part of an HTTP server's close(), due when no connection is left: its timer would hold the server for ever. */
export function stopConnectionsChecking(server: Server): void {
  for (const key of Object.getOwnPropertySymbols(server)) {
    if (key.description === 'http.server.connectionsCheckingInterval') clearInterval(Reflect.get(server, key) as NodeJS.Timeout)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

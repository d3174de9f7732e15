import { Server } from 'node:net'
import { clearInterval, now, setImmediate } from '../time.js'

/**
 * Longest time spent on accepting what the kernel has queued, in ms, and the turns of the event loop that it takes at least, however
 * long those are beside a busy core; a storm of new connections would never end.
 */
const LONGEST = 100
const TURNS = 50

/** A turn of the event loop that took less, in ms, had hardly anything to do. */
const IDLE_TURN = 0.1

/**
 * Resolves when hardly a connection can be waiting in the kernel's accept queue, where closing the listening socket would reset
 * it: right after a turn of the event loop that brought no new connection and had nothing else to do since it looked. Under load
 * such turns are rare; after 50 ms and 25 turns any turn without a new connection has to do, after twice that any turn. What still
 * slips in between the last accept and the close is reset: only a load balancer that looks away first (lame duck) prevents that.
 */
export async function backlogAccepted(server: Server, accepted: () => number): Promise<void> {
  const started = now()
  await turn()
  let time = now()
  for (let turns = 1; server.listening; turns++) {
    const before = accepted()
    await turn()
    const took = now() - time
    time += took
    const patience = Math.min((time - started) / LONGEST, turns / TURNS)
    if (accepted() === before ? took < IDLE_TURN || patience > 0.5 : patience > 1) return
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

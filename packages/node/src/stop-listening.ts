import { Server } from 'node:net'

/** Longest time spent on accepting what the kernel has queued, in ms; a storm of new connections would never end. */
const LONGEST = 100

/**
 * Resolves once a whole turn of the event loop brought no new connection: those that wait in the kernel's accept queue would be
 * reset by closing the listening socket. What completes its TCP handshake between the last accept and the close is still lost;
 * only a load balancer that looks away first (lame duck) prevents that.
 */
export async function backlogAccepted(server: Server, accepted: () => number): Promise<void> {
  const limit = performance.now() + LONGEST
  let before = -1
  await turn()
  while (server.listening && accepted() !== before && performance.now() < limit) {
    before = accepted()
    await turn()
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

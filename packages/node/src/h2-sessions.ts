import type { Connection } from './connection.js'
import { closeOnceEnded } from './linger.js'

/**
 * Sends GOAWAY, which names the last request that was taken; its streams finish and the session ends with the last of them.
 *
 * A request that crosses the GOAWAY is refused, never begun: RFC 9113 §6.8 lets the client repeat it elsewhere. Answering these
 * too would take the two-step GOAWAY of that section, which nghttp2 has and Node does not offer. A session is therefore retired
 * the moment it has a request open (a client that waits for the answer has nothing on the wire then) or when it is idle for long.
 */
export function retireSession(connection: Connection): void {
  const { session, socket, dismissed } = connection
  if (!session || dismissed) return
  connection.dismissed = true
  closeOnceEnded(socket)
  if (!session.closed && !session.destroyed) session.close()
}

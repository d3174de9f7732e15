import type { ServerHttp2Session } from 'node:http2'
import { setImmediate } from '../time.js'
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
  if (!session.closed && !session.destroyed && awaitsHead(connection, session)) return
  connection.dismissed = true
  closeOnceEnded(socket)
  if (!session.closed && !session.destroyed) session.close()
}

/**
 * A request head has begun and is not over: GOAWAY would name it, and Node refuse it once it is. It is over when its request comes,
 * or, where nghttp2 refused it without a word, when the client answers a PING: nothing may come in the middle of a head.
 */
function awaitsHead(connection: Connection, session: ServerHttp2Session): boolean {
  const begun = headBegun(connection, session)
  if (begun === undefined) return false
  if (connection.pinged !== begun) {
    const sent = session.ping(() => {
      connection.lastStream = Math.max(connection.lastStream, begun)
      setImmediate(() => retireSession(connection))
    })
    // Not when too many are under way already; the next sweep asks again.
    if (sent) connection.pinged = begun
  }
  return true
}

/** The id of the stream whose request head has begun and is, as far as is known, not over. */
export function headBegun({ lastStream }: Connection, session: ServerHttp2Session): number | undefined {
  const { lastProcStreamID: begun = 0 } = session.state
  return begun > lastStream ? begun : undefined
}

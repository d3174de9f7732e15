import type { Connection } from './connection.js'
import { closeOnceEnded } from './linger.js'

/** A peer that does not answer a ping in this time is not waited for any longer, in ms. */
const PING_PATIENCE = 1_000

/**
 * GOAWAY with the highest stream id: "no new requests please, but what is on the wire counts" (RFC 9113 §6.8). Written past
 * nghttp2, which has a call for it that Node does not offer; after an ordinary GOAWAY it stops reading an idle session.
 */
const SHUTDOWN_NOTICE = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])

/**
 * Retires an h2 session without losing a request: notice, ping, and the final GOAWAY when the answer to the ping proves that
 * everything the client sent before it knew has arrived. Streams then finish; the session ends with the last of them.
 */
export function retireSession(connection: Connection): void {
  const { session, socket } = connection
  if (!session || session.destroyed) return
  closeOnceEnded(socket)
  if (session.closed) return
  const finish = (): void => {
    clearTimeout(connection.timer)
    session.close()
  }
  connection.timer = setTimeout(finish, PING_PATIENCE)
  socket.write(SHUTDOWN_NOTICE)
  if (!session.ping(finish)) finish()
}

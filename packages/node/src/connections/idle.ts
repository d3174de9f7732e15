import type { Connection } from './connection.js'
import { lastResponse } from './last-response.js'
import { isMidMessage } from './mid-message.js'

/**
 * Nothing was asked, nothing is being received and nothing is left to send. Node's own idea of idle forgets the last one and
 * cuts unflushed bodies. Not to be called while the HTTP parser runs.
 */
export function isIdle(connection: Connection): boolean {
  const { socket } = connection
  return socket.writableLength === 0 && !lastResponse(connection) && !isMidMessage(socket)
}

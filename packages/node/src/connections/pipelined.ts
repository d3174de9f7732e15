import type { Connection, Http1Response } from './connection.js'
import { isAnswered } from './last-response.js'
import { ownListener } from './own-listener.js'

/** A further request arrives on a connection: of those whose turn has not come, Node tells nothing when the connection is lost. */
export function notePipelined(connection: Connection): void {
  const { newest, socket } = connection
  if (!newest || newest === socket._httpMessage || isAnswered(newest)) return
  connection.waiting ??= new Set()
  connection.waiting.add(newest)
  newest.once(
    'finish',
    ownListener(() => connection.waiting?.delete(newest)),
  )
}

/** Those that are known of the responses of this connection that are not over, in the order in which they are written. */
export function responsesOf({ newest, waiting, socket }: Connection): Http1Response[] {
  const known = new Set([socket._httpMessage, ...(waiting ?? []), newest])
  return [...known].filter((response) => response && !isAnswered(response)) as Http1Response[]
}

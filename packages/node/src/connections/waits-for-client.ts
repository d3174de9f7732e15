import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Connection, Http1Response, HttpSocket } from './connection.js'
import { headBegun } from './h2-sessions.js'
import { isMidMessage } from './mid-message.js'
import { responsesOf } from './pipelined.js'
import { isReceived } from './received.js'

/** What an exchange waits for that only its client can do: send the rest of a head or of a body, or take an answer. */
export type ClientsPart = 'head' | 'body' | 'answer'

/** An answer that its handler has ended; one that is still being written, and a body, are of a handler at work. */
export interface Wait {
  readonly part: ClientsPart
  readonly ended: boolean
}

/** Undefined when a handler is at work, or nobody. Not to be called while the HTTP parser runs. */
export function waitsForClient(connection: Connection): Wait | undefined {
  if (connection.upgrade) return undefined
  if (connection.session) return waitOfSession(connection, connection.session)
  const { socket } = connection
  const responses = responsesOf(connection)
  if (responses.length > 0) return joined(responses.map((response) => waitOfResponse(response, socket)))
  if (socket.writableLength > 0) return { part: 'answer', ended: true }
  return isMidMessage(socket) ? { part: 'head', ended: true } : undefined
}

function waitOfSession(connection: Connection, session: ServerHttp2Session): Wait | undefined {
  if (connection.streams.size > 0) return joined([...connection.streams].map(waitOfStream))
  const halfHead = !session.closed && !session.destroyed && headBegun(connection, session) !== undefined
  return halfHead ? { part: 'head', ended: true } : undefined
}

/** One handler at work is enough for the whole. */
function joined(waits: (Wait | undefined)[]): Wait | undefined {
  const [first] = waits
  return first && waits.every((wait) => wait !== undefined) ? { ...first, ended: waits.every((wait) => wait?.ended) } : undefined
}

function waitOfResponse(response: Http1Response, socket: HttpSocket): Wait | undefined {
  if (response.writableEnded) return { part: 'answer', ended: true }
  if (response.headersSent && socket.writableLength > 0) return { part: 'answer', ended: false }
  return response.req.complete ? undefined : { part: 'body', ended: false }
}

function waitOfStream(stream: ServerHttp2Stream): Wait | undefined {
  if (stream.writableEnded) return { part: 'answer', ended: true }
  if (stream.headersSent && stream.writableLength > 0) return { part: 'answer', ended: false }
  return isReceived(stream) ? undefined : { part: 'body', ended: false }
}

/** Bytes that have come and gone on a connection so far. */
export function moved({ socket }: Connection): number {
  const { bytesWritten = 0, writeQueueSize = 0 } = socket._handle ?? {}
  return socket.bytesRead + bytesWritten - writeQueueSize
}

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Connection, Http1Response } from './connection.js'
import { endLingering } from './linger.js'
import { isMidMessage } from './mid-message.js'

/** The last HTTP/1 response of this connection that is not completely handed to the operating system yet. */
export function lastResponse({ newest, socket }: Connection): Http1Response | undefined {
  if (newest && !isAnswered(newest)) return newest
  const current = socket._httpMessage
  return current && !isAnswered(current) ? current : undefined
}

/** The connection ends after this response: whatever arrives behind it stays unanswered, as RFC 9112 §9.6 tells the client. */
export function endsConnection(response: Http1Response): boolean {
  return response.headersSent && response._last
}

/**
 * Lets `response` say `Connection: close` if it is still the last one of its connection when its head is decided. Waiting until
 * then keeps every pipelined request that has arrived by that time.
 */
export function closeAfterLast(connection: Connection, response: Http1Response): void {
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse
  response.writeHead = function (this: Http1Response, ...args: unknown[]) {
    if (response.headersSent || !isLast(connection, response)) return Reflect.apply(writeHead, this, args)
    // Node writes the header itself then. Setting it here would change how writeHead() reads lists of raw headers.
    response.shouldKeepAlive = false
    const result = Reflect.apply(writeHead, this, args)
    sayClose(response)
    if (!response.req.complete) closeAfterUpload(connection.socket, response)
    return result
  } as typeof response.writeHead
}

/** To be called outside of the HTTP parser: notes whether bytes of a further request are already there. */
export function noteWhatFollows(connection: Connection, response: Http1Response): void {
  const complete = response.req.complete
  connection.behind = complete && isMidMessage(connection.socket)
  connection.bytes = complete ? connection.socket.bytesRead : Number.POSITIVE_INFINITY
}

function isLast(connection: Connection, response: Http1Response): boolean {
  const { full, behind, bytes, socket } = connection
  return lastResponse(connection) === response && (full || !(behind || socket.bytesRead > bytes))
}

/** All of it was handed to the operating system, or will never be. */
export function isAnswered(response: Http1Response): boolean {
  return response.writableFinished || response.destroyed
}

/** An application (a proxy, mostly) may have asked for keep-alive by its own header, or removed ours. */
function sayClose(response: Http1Response): void {
  const head = response._header
  if (head === null) return
  const line = /\r\nconnection:[ \t]*([^\r\n]*)/i.exec(head)
  if (!line) response._header = `${head.slice(0, -2)}Connection: close\r\n\r\n`
  else if (!/\bclose\b/i.test(line[1] ?? '')) {
    const others = (line[1] ?? '').split(/[ \t]*,[ \t]*/).filter((token) => !/^(keep-alive)?$/i.test(token))
    response._header = head.replace(line[0], `\r\nConnection: ${['close', ...others].join(', ')}`)
  }
  response._last = true
}

/** Closing a socket with unread input resets it, and the reset can overtake the response: read the upload to its end first. */
export function closeAfterUpload(socket: Socket, response: Http1Response): void {
  response.once('prefinish', () => {
    if (!response._last || response.req.complete) return
    response._last = false
    response.once('finish', () => endLingering(socket))
  })
}

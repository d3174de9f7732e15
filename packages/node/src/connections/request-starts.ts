import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { now } from '../time.js'
import { connectionOf, type Http1Response, type HttpSocket } from './connection.js'

const CHANNEL = 'http.server.request.start'
let followers = 0
let watchers = 0

/**
 * Tells the owner of a connection about HTTP/1 requests: of pipelined ones always, of every one while somebody watches.
 * One subscriber for the whole process. Unlike a 'request' listener it also hears of requests that go to 'checkContinue' and
 * the like, without making Node believe that somebody handles those.
 */
export function followRequests(): { watch(): void; stop(): void } {
  if (followers++ === 0) subscribe(CHANNEL, onRequestStart)
  let watching = false
  let stopped = false
  return {
    watch() {
      if (!watching && !stopped) watchers++
      watching = true
    },
    stop() {
      if (stopped) return
      stopped = true
      if (watching) watchers--
      if (--followers === 0) unsubscribe(CHANNEL, onRequestStart)
    },
  }
}

function onRequestStart(message: unknown): void {
  const { socket, response } = message as { socket: HttpSocket; response: Http1Response }
  const connection = connectionOf(socket)
  if (connection === undefined) return
  // Published before the response gets its socket: a message already there means that this request was pipelined.
  if (!socket._httpMessage) {
    connection.busySince = now()
    if (watchers === 0) return
  }
  connection.owner.requestStarted(connection, response)
}

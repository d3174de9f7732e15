import type { ServerHttp2Stream } from 'node:http2'
import type { WorkInFlight } from '@keelson/kernel'
import { now } from '../time.js'
import type { Awaited, Connection, Http1Response } from './connection.js'
import { contentType, isEventStream } from './event-stream.js'
import { responsesOf } from './pipelined.js'
import { isReceived } from './received.js'
import { requestLabel } from './request-label.js'

/**
 * What goes on on some connections, handlers that are at work though their client has left, and requests of which not even the head is there
 * (since when that is known).
 */
export function workInFlight(
  open: Iterable<Connection>,
  left: Iterable<Awaited>,
  halfHeads: Iterable<number> = [],
): WorkInFlight[] {
  const at = now()
  const work: WorkInFlight[] = []
  for (const connection of open) {
    const { socket, session, upgrade, busySince: since } = connection
    if (socket.destroyed) continue
    if (upgrade !== undefined) {
      work.push(workOf(requestLabel(upgrade.request), at - since, KEPT_OPEN))
    } else if (session !== undefined) {
      for (const [stream, { label, since }] of connection.openStreams ?? [])
        work.push(workOf(label, at - since, hintOfStream(stream)))
    } else {
      // Those that are pipelined on one connection count as one: the one that is being answered.
      const [response] = responsesOf(connection)
      if (response !== undefined) work.push(workOf(requestLabel(response.req), at - since, hintOf(response)))
    }
  }
  for (const { label, since } of left) work.push(workOf(label, at - since, 'its client has left'))
  for (const since of halfHeads) work.push(workOf('half a request', at - since, NOT_SENT))
  return work
}

function workOf(label: string, sinceMs: number, hint: string | undefined): WorkInFlight {
  return hint === undefined ? { label, sinceMs } : { label, sinceMs, hint }
}

const KEPT_OPEN = 'an upgraded connection that its client keeps open'
const NOT_READ = 'its client has not read all of the answer'
const NOT_SENT = 'its client has not sent all of it'
const EVENT_STREAM = 'an event stream: end it when drainSignal(req) aborts'

function hintOf(response: Http1Response): string | undefined {
  if (response.writableEnded) return NOT_READ
  if (!response.req.complete) return NOT_SENT
  if (!response.headersSent) return undefined
  return isEventStream(contentType(response)) ? EVENT_STREAM : undefined
}

function hintOfStream(stream: ServerHttp2Stream): string | undefined {
  if (stream.writableEnded) return NOT_READ
  if (!isReceived(stream)) return NOT_SENT
  return isEventStream(stream.sentHeaders?.['content-type']) ? EVENT_STREAM : undefined
}

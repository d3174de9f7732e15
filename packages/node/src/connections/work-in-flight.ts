import type { WorkInFlight } from '@keelson/kernel'
import { now } from '../time.js'
import type { Awaited, Connection, Http1Response } from './connection.js'
import { contentType, isEventStream } from './event-stream.js'
import { responsesOf } from './pipelined.js'
import { requestLabel } from './request-label.js'

/** What goes on on some connections, and handlers that are at work though their client has left. */
export function workInFlight(open: Iterable<Connection>, left: Iterable<Awaited>): WorkInFlight[] {
  const at = now()
  const work: WorkInFlight[] = []
  for (const connection of open) {
    const { socket, session, upgrade, busySince: since } = connection
    if (socket.destroyed) continue
    if (upgrade !== undefined) {
      work.push({
        label: requestLabel(upgrade.request),
        sinceMs: at - since,
        hint: 'an upgraded connection that its client keeps open',
      })
    } else if (session !== undefined) {
      for (const [stream, { label, since }] of connection.openStreams ?? [])
        work.push(workOf(label, at - since, isEventStream(stream.sentHeaders?.['content-type']) ? EVENT_STREAM : undefined))
    } else {
      // Those that are pipelined on one connection count as one: the one that is being answered.
      const [response] = responsesOf(connection)
      if (response !== undefined) work.push(workOf(requestLabel(response.req), at - since, hintOf(response)))
    }
  }
  for (const { label, since } of left) work.push(workOf(label, at - since, 'its client has left'))
  return work
}

function workOf(label: string, sinceMs: number, hint: string | undefined): WorkInFlight {
  return hint === undefined ? { label, sinceMs } : { label, sinceMs, hint }
}

const EVENT_STREAM = 'an event stream: end it when drainSignal(req) aborts'

function hintOf(response: Http1Response): string | undefined {
  if (response.writableEnded) return 'its client has not read all of the answer'
  if (!response.req.complete) return 'its client has not sent all of it'
  if (!response.headersSent) return undefined
  return isEventStream(contentType(response)) ? EVENT_STREAM : undefined
}

import type { ServerResponse } from 'node:http'
import type { Missed } from '../resume/session-events.js'

/** Tells a client what it has missed of a stream that is over, and ends: the SDK would keep the stream open for more. */
export function replay({ events }: Missed, res: ServerResponse, sessionId: string): void {
  res.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'mcp-session-id': sessionId,
  })
  const text = events.map(({ id, message }) => `event: message\nid: ${id}\ndata: ${JSON.stringify(message)}\n\n`)
  res.end(text.join(''))
}

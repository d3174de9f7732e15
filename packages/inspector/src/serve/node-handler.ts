import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Ask } from '../guard/ask.js'
import type { Viewers } from '../stream/viewers.js'
import { bodyOf } from './body.js'
import { placeOf } from './place.js'
import { type Reply, SAFE, textReply } from './reply.js'
import { type Site, STREAM } from './site.js'

/** A request of `node:http` or `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

/**
 * Answers a request, and returns true; for another path it returns false without having touched anything, after having called `next`, if there is one.
 */
export type NodeHandler = (req: NodeRequest, res: NodeResponse, next?: () => void) => boolean

/** `leavesEarly`: its streams end when the kernel begins to stop. */
export function nodeHandler(site: Site, viewers: Viewers, path: string, leavesEarly: boolean): NodeHandler {
  return (req, res, next) => {
    const original: unknown = Reflect.get(req, 'originalUrl')
    const place = placeOf(req.url ?? '/', typeof original === 'string' ? original : undefined, path)
    if (place === undefined) {
      next?.()
      return false
    }
    const { socket } = req
    const ask: Ask = {
      ...place,
      method: req.method ?? 'GET',
      header: (name) => headerOf(req, name),
      headerNames: Object.keys(req.headers),
      version: req.httpVersion,
      peer: socket?.remoteAddress,
      secure: 'encrypted' in (socket ?? {}),
      body: (most) => bodyOf(req, most),
    }
    site.answer(ask).then(
      (answer) =>
        answer === STREAM ? stream(res as ServerResponse, viewers, leavesEarly) : send(req, res as ServerResponse, answer),
      () => send(req, res as ServerResponse, textReply(500, 'the inspector has failed')),
    )
    return true
  }
}

function headerOf(req: NodeRequest, name: string): string | undefined {
  const value = req.headers[name] ?? (name === 'host' && 'authority' in req ? req.authority : undefined)
  return Array.isArray(value) ? value.join(', ') : value
}

function send(req: NodeRequest, res: ServerResponse, { status, headers, body }: Reply): void {
  if (res.headersSent || res.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  // What is still coming of a body that was not taken is not read from this connection.
  const rest = req.httpVersionMajor === 1 && !req.complete ? { connection: 'close' } : {}
  res.writeHead(status, { ...headers, ...rest, ...(status !== 304 && { 'content-length': String(bytes.length) }) })
  res.end(req.method === 'HEAD' || status === 304 ? undefined : bytes)
}

function stream(res: ServerResponse, viewers: Viewers, leavesEarly: boolean): void {
  if (res.destroyed) return
  res.writeHead(200, { ...SAFE, ...STREAM_HEADERS })
  const sink = {
    write: (text: string) => res.write(text),
    end: () => void res.end(),
    destroy: () => void res.destroy(),
  }
  const admitted = viewers.add(sink, leavesEarly)
  if (admitted === undefined) {
    res.end()
    return
  }
  res.on('drain', admitted.drained)
  res.on('error', () => {})
  res.once('close', admitted.left)
}

/** Nothing on the way may hold it back, or pack it. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

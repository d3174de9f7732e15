import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { clearTimeout, setTimeout } from '../time.js'

/** In ms: somebody who sends slower is not waited for. */
export const PATIENCE = 5_000

/** The body of a request, also one that something in front has read already; undefined when it has more than `most` bytes, or does not come. */
export async function bodyOf(req: IncomingMessage | Http2ServerRequest, most: number): Promise<string | undefined> {
  if (req.readableEnded) return parsedBody(Reflect.get(req, 'body'), req.headers['content-type'])
  if (Number(req.headers['content-length'] ?? 0) > most) return undefined
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = (body: string | undefined) => {
      clearTimeout(timer)
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      // What still comes is not kept.
      req.resume()
      resolve(body)
    }
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > most) end(undefined)
    }
    const onEnd = () => end(Buffer.concat(chunks).toString())
    const onClose = () => end(undefined)
    const timer = setTimeout(onClose, PATIENCE)
    timer.unref()
    req.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose)
  })
}

/** As it was before a body parser made an object of it. */
function parsedBody(body: unknown, type = ''): string | undefined {
  if (typeof body === 'string') return body
  if (Buffer.isBuffer(body)) return body.toString()
  if (typeof body !== 'object' || body === null) return undefined
  return /^application\/json\b/i.test(type)
    ? JSON.stringify(body)
    : new URLSearchParams(body as Record<string, string>).toString()
}

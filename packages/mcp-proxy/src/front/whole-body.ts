import type { IncomingMessage } from 'node:http'

/** A body that has more than it may have. */
export class BodyTooLarge extends Error {}

/**
 * The body of a request, whatever it says of its length.
 *
 * @throws BodyTooLarge as soon as it is: the rest is not read.
 */
export function wholeBody(req: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = () => {
      req.off('data', ondata).pause()
      reject(new BodyTooLarge(`a message may have ${limit} bytes`))
    }
    const ondata = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) return tooLarge()
      chunks.push(chunk)
    }
    if (Number(req.headers['content-length']) > limit) return tooLarge()
    req.on('data', ondata)
    req.once('error', reject)
    req.once('close', () => reject(new Error('the request was broken off')))
    req.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
}

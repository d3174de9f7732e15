import type { IncomingMessage } from 'node:http'
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js'

/** Bytes. What is longer, or comes without its length, the transport reads. */
const SHORT = 1024 * 1024

/** Whether a request brings a message that can be read at once, and would be taken whatever it is: else the transport says what is wrong. */
export function hasShortBody({ method, headers }: IncomingMessage): boolean {
  const { accept = '', 'mcp-protocol-version': version } = headers
  return (
    method === 'POST' &&
    /^application\/json(;|$)/.test(headers['content-type'] ?? '') &&
    accept.includes('application/json') &&
    accept.includes('text/event-stream') &&
    (version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(String(version))) &&
    Number(headers['content-length']) <= SHORT
  )
}

/** What a request brings; undefined when that is not JSON. Rejects when it does not come to its end. */
export function messageOf(req: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.once('error', reject)
    req.once('end', () => {
      try {
        resolve(JSON.parse((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')))
      } catch {
        resolve(undefined)
      }
    })
  })
}

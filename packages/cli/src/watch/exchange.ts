import { type IncomingMessage, request } from 'node:http'
import type { Target } from '../ask/target.js'

export interface Asked {
  readonly target: Target
  readonly path: string
  readonly accept: string
  /** Sent as `authorization: Bearer`. */
  readonly token?: string | undefined
  readonly insecure?: boolean
  readonly signal: AbortSignal
}

/** The head of an answer; its body is still to be read. Rejects when there is none. */
export async function open({ target, path, accept, token, insecure = false, signal }: Asked): Promise<IncomingMessage> {
  const { secure, to } = target
  const headers = {
    accept,
    ...('socketPath' in to && { host: 'localhost' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  const options = { ...to, path, headers, signal, agent: false as const, ...(secure && { rejectUnauthorized: !insecure }) }
  const send = secure ? (await import('node:https')).request : request
  return new Promise((resolve, reject) => {
    const sent = send(options, resolve)
    sent.on('error', reject)
    sent.end()
  })
}

/** In bytes; an inspector of 500 resources tells less. */
const LARGEST = 16 * 1_024 * 1_024

/** The whole answer. */
export async function exchange(asked: Asked): Promise<{ status: number; body: string }> {
  const response = await open(asked)
  let body = ''
  response.setEncoding('utf8')
  for await (const text of response) {
    body += text
    if (body.length > LARGEST) throw new Error('the answer is too long')
  }
  return { status: response.statusCode ?? 0, body }
}

/** The texts of `data:` of a stream of events. */
export async function* eventsOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const text of response) {
    const events = (rest + text).split(/\r?\n\r?\n/)
    rest = events.pop()!
    if (rest.length > LARGEST) throw new Error('what is told is too long')
    for (const event of events) {
      const data = event.split(/\r?\n/).flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trimStart()] : []))
      if (data.length > 0) yield data.join('\n')
    }
  }
}

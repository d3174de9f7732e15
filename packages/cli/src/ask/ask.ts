import { request } from 'node:http'
import type { Target } from './target.js'

export interface AskOptions {
  /** In ms: for the connection, the answer and all of its body. */
  readonly timeout: number
  /** Takes a certificate of whatever name and issuer. */
  readonly insecure?: boolean
}

/** What came of it. */
export interface Answered {
  /** Whether it was answered with a status from 200 to 299. */
  readonly ok: boolean
  readonly status: number | undefined
  /** The body without control characters, or why there is none. */
  readonly text: string
  readonly durationMs: number
}

/** In characters: Docker keeps no more of what a health check says. */
const LONGEST = 4_096

/** Asks once, over a connection of its own; a redirect is not followed. Never rejects. */
export async function ask(target: Target, { timeout, insecure = false }: AskOptions): Promise<Answered> {
  const began = performance.now()
  const took = () => performance.now() - began
  try {
    const { status, body } = await exchange(target, AbortSignal.timeout(Math.min(timeout, 2 ** 31 - 1)), insecure)
    return { ok: status >= 200 && status < 300, status, text: body, durationMs: took() }
  } catch (error) {
    return { ok: false, status: undefined, text: reasonOf(error, timeout), durationMs: took() }
  }
}

async function exchange(
  { secure, path, to }: Target,
  signal: AbortSignal,
  insecure: boolean,
): Promise<{ status: number; body: string }> {
  const headers = { connection: 'close', ...('socketPath' in to && { host: 'localhost' }) }
  const options = { ...to, path, headers, signal, agent: false as const }
  // What only TLS needs is loaded for TLS.
  const send = secure ? (await import('node:https')).request : request
  return new Promise((resolve, reject) => {
    const sent = send({ ...options, ...(secure && { rejectUnauthorized: !insecure }) }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length < LONGEST) body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: printable(body) }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

function printable(body: string): string {
  return body
    .slice(0, LONGEST)
    .replace(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .trim()
}

function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer within ${timeout / 1_000} s`
  // Of several addresses, the first.
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  const { message } = first ?? error
  return message.includes('self-signed') || message.includes('certificate') ? `${message}; --insecure takes it` : message
}

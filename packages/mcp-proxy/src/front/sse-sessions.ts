import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { drainSignal } from '@keelson/node'
import { isMessage } from '@keelson/pools'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { STDIO_DEFAULT_MAX_BUFFER_SIZE } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { OpenRequests } from './open-requests.js'
import { refuse } from './refuse.js'
import { SseTransport } from './sse-transport.js'
import { BodyTooLarge, wholeBody } from './whole-body.js'

/** Where clients of the older transport send their messages. */
export const MESSAGES = '/messages'

/** How long nothing may arrive before a stream is ended in a drain, in ms. */
const QUIET = 100
const MOST = 1_000

interface Session {
  readonly owner: string
  receive(message: JSONRPCMessage): void
}

/** The clients of a server for MCP's older transport over HTTP; each is there as long as its stream is. */
export class SseSessions {
  readonly #sessions = new Map<string, Session>()
  readonly #begin: () => Server
  readonly #most: number

  /** @param most how many clients there may be; default 1_000. One more is refused: each has a stream, and is in use. */
  constructor(begin: () => Server, { most = MOST }: { most?: number } = {}) {
    this.#begin = begin
    this.#most = most
  }

  /** `GET /sse`: begins a session, which is over when the stream is. */
  async stream(req: IncomingMessage, res: ServerResponse, owner: string): Promise<void> {
    if (req.method !== 'GET') return refuse(res, 405, 'the stream is asked for with GET', { allow: 'GET' })
    if (this.#sessions.size >= this.#most) return refuse(res, 503, 'there are too many sessions; try again later')
    const draining = drainSignal(req)
    if (draining.aborted) return refuse(res, 503, 'the proxy is shutting down')
    const id = randomBytes(16).toString('hex')
    const transport = new SseTransport(res, `${MESSAGES}?sessionId=${id}`)
    const requests = new OpenRequests(transport)
    res.once('close', () => this.#sessions.delete(id))
    this.#sessions.set(id, { owner, receive: (message) => transport.onmessage?.(message) })
    await this.#begin().connect(requests)
    draining.addEventListener('abort', () => void endWhenAnswered(requests, transport), { once: true })
  }

  /** `POST /messages?sessionId=…`: a message of a client; what it is answered is in its stream. */
  async message(req: IncomingMessage, res: ServerResponse, owner: string): Promise<void> {
    if (req.method !== 'POST') return refuse(res, 405, 'messages are sent with POST', { allow: 'POST' })
    const id = new URL(req.url ?? '', 'http://localhost').searchParams.get('sessionId')
    const session = this.#sessions.get(String(id))
    // Only its owner learns that it exists.
    if (session?.owner !== owner) return refuse(res, 404, 'this session is over; ask for a stream again')
    if (!/^application\/json *(;|$)/i.test(req.headers['content-type'] ?? '')) return refuse(res, 415, 'messages are JSON')
    try {
      const message: unknown = JSON.parse(await wholeBody(req, STDIO_DEFAULT_MAX_BUFFER_SIZE))
      if (!isMessage(message)) return refuse(res, 400, 'this is no message of JSON-RPC')
      res.writeHead(202).end('Accepted')
      session.receive(message)
    } catch (error) {
      if (error instanceof BodyTooLarge) return refuse(res, 413, error.message, { connection: 'close' })
      if (!(error instanceof SyntaxError)) throw error
      refuse(res, 400, 'Parse error: Invalid JSON', {}, -32_700)
    }
  }
}

/** Answers go into the stream: it is ended when all of them are there. */
async function endWhenAnswered(requests: OpenRequests, transport: SseTransport): Promise<void> {
  do {
    await requests.answered()
    await sleep(QUIET)
  } while (requests.count > 0)
  await transport.close()
}

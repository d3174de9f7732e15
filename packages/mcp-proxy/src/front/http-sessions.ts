import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { drainSignal } from '@keelson/node'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { STDIO_DEFAULT_MAX_BUFFER_SIZE } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { endCancelledStreams } from './cancelled-streams.js'
import { refuse } from './refuse.js'

/** One client: its requests carry the id that it was given with the answer to `initialize`. */
interface Session {
  /** Whose token it was begun with. */
  readonly owner: string
  readonly transport: StreamableHTTPServerTransport
  /** Requests that are being answered, a standing stream of events among them. */
  open: number
  lastUsed: number
}

export interface HttpSessionsOptions {
  /** How long a client that says no goodbye is remembered, in ms; default 30 minutes. A look every minute or more often finds it. */
  readonly idle?: number
  /** How many clients are remembered; default 1_000. One more takes the place of the one that has been idle for longest. */
  readonly most?: number
}

const IDLE = 30 * 60_000
const SWEEP = 60_000
const MOST = 1_000

/** The clients of a server for streamable HTTP. */
export class HttpSessions {
  readonly #sessions = new Map<string, Session>()
  readonly #begin: () => Server
  readonly #idle: number
  readonly #most: number
  readonly #sweeping: NodeJS.Timeout

  constructor(begin: () => Server, { idle = IDLE, most = MOST }: HttpSessionsOptions = {}) {
    this.#begin = begin
    this.#idle = idle
    this.#most = most
    this.#sweeping = setInterval(() => this.#sweep(), Math.min(SWEEP, idle)).unref()
  }

  /** Of a session, only its owner learns that it exists. */
  async handle(req: IncomingMessage, res: ServerResponse, owner: string): Promise<void> {
    const id = req.headers['mcp-session-id']
    const found = this.#sessions.get(String(id))
    const known = found?.owner === owner ? found : undefined
    // 404 tells a client to begin anew, say after a restart.
    if (known === undefined && id !== undefined) return refuse(res, 404, 'this session is over; send initialize again')
    if (known === undefined && !(await this.#makeRoom())) return refuse(res, 503, 'there are too many sessions; try again later')
    const draining = drainSignal(req)
    if (req.method === 'GET' && draining.aborted) return refuse(res, 503, 'the proxy is shutting down')
    const session = known ?? (await this.#open(owner))
    session.open++
    res.once('close', () => {
      session.open--
      session.lastUsed = Date.now()
    })
    if (req.method === 'GET') {
      draining.addEventListener('abort', () => session.transport.closeStandaloneSSEStream(), { once: true })
    }
    await session.transport.handleRequest(req, res)
    // What it answered was no initialize, but a refusal.
    if (session.transport.sessionId === undefined) await session.transport.close()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping)
    await Promise.all([...this.#sessions.values()].map(({ transport }) => transport.close()))
  }

  async #open(owner: string): Promise<Session> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomBytes(16).toString('hex'),
      maxRequestBodySize: STDIO_DEFAULT_MAX_BUFFER_SIZE, // its own is smaller
      onsessioninitialized: (id) => void this.#sessions.set(id, session),
    })
    const session: Session = { owner, transport, open: 0, lastUsed: Date.now() }
    const server = this.#begin()
    await server.connect(transport as Transport)
    const { onclose } = transport
    transport.onclose = () => {
      this.#sessions.delete(String(transport.sessionId))
      onclose?.()
    }
    endCancelledStreams(transport)
    return session
  }

  /** Whether there is room for one more; none is taken from those that are being answered. */
  async #makeRoom(): Promise<boolean> {
    if (this.#sessions.size < this.#most) return true
    const idle = [...this.#sessions.values()].filter(({ open }) => open === 0).sort((a, b) => a.lastUsed - b.lastUsed)
    await idle[0]?.transport.close()
    return idle.length > 0
  }

  #sweep(): void {
    const before = Date.now() - this.#idle
    for (const { transport, open, lastUsed } of this.#sessions.values()) {
      if (open === 0 && lastUsed < before) void transport.close()
    }
  }
}

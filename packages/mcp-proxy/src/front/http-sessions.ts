import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { drainSignal } from '@keelson/node'
import { isMessage } from '@keelson/pools'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { STDIO_DEFAULT_MAX_BUFFER_SIZE } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ErrorCode } from '@modelcontextprotocol/sdk/types.js'
import type { EventLog } from '../resume/event-log.js'
import type { SessionEvents } from '../resume/session-events.js'
import { isToolCall, type ToolCalls } from '../session/tool-calls.js'
import { endCancelledStreams } from './cancelled-streams.js'
import { QuickAnswer } from './quick-answer.js'
import { refuse } from './refuse.js'
import { replay } from './replay.js'
import { hasShortBody, messageOf } from './short-body.js'
import { StalledStreams } from './stalled-streams.js'
import { StandingStream } from './standing-stream.js'

/** One client: its requests carry the id that it was given with the answer to `initialize`. */
interface Session {
  /** Whose token it was begun with. */
  readonly owner: string
  readonly transport: StreamableHTTPServerTransport
  /** Where those that are answered quickly go past the transport. */
  readonly toolCalls: ToolCalls | undefined
  standing: StandingStream | undefined
  /** What the client is told, where that is kept. */
  readonly events: SessionEvents | undefined
  /** How many requests have no answer yet, of clients that have lost their connection, too. */
  unanswered: () => number
  /** Requests that are being answered, a standing stream of events among them. */
  open: number
  lastUsed: number
}

export interface HttpSessionsOptions {
  /** How long a client that says no goodbye is remembered, in ms; default 30 minutes. A look every minute or more often finds it. */
  readonly idle?: number
  /** How many clients are remembered; default 1_000. One more takes the place of the one that has been idle for longest. */
  readonly most?: number
  /** Where is kept what clients are told, so that one that has lost its connection hears the rest; default: nowhere. */
  readonly log?: EventLog | undefined
}

/** When a client is to come back whose stream was ended, in ms. */
const RETRY = 1_000

/** What answers one client. */
type SessionLike = Server & { readonly toolCalls?: ToolCalls | undefined }

const IDLE = 30 * 60_000
const SWEEP = 60_000
const MOST = 1_000

/** The clients of a server for streamable HTTP. */
export class HttpSessions {
  readonly #sessions = new Map<string, Session>()
  readonly #begin: () => SessionLike
  readonly #idle: number
  readonly #most: number
  readonly #log: EventLog | undefined
  readonly #stalled = new StalledStreams()
  readonly #sweeping: NodeJS.Timeout

  constructor(begin: () => SessionLike, { idle = IDLE, most = MOST, log }: HttpSessionsOptions = {}) {
    this.#begin = begin
    this.#idle = idle
    this.#most = most
    this.#log = log
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
    const draining = req.method === 'GET' ? drainSignal(req) : undefined
    if (draining?.aborted) return refuse(res, 503, 'the proxy is shutting down')
    const last = req.headers['last-event-id']
    if (req.method === 'GET' && known?.events !== undefined && last !== undefined) {
      if (this.#isReplayed(known, String(last), res)) return
      if (known.events.missed(String(last))?.isStanding) known.standing?.asked(res)
    } else if (req.method === 'GET') known?.standing?.asked(res)
    const session = known ?? (await this.#open(owner))
    session.open++
    res.once('close', () => {
      session.open--
      session.lastUsed = Date.now()
    })
    draining?.addEventListener('abort', () => session.transport.closeStandaloneSSEStream(), { once: true })
    if (known?.toolCalls !== undefined && hasShortBody(req)) return this.#handleMessage(known, known.toolCalls, req, res)
    this.#stalled.watch(res)
    await session.transport.handleRequest(req, res)
    // What it answered was no initialize, but a refusal.
    if (session.transport.sessionId === undefined) await session.transport.close()
  }

  /** A call of a tool that is answered at once goes past the transport, for which each message is a stream. */
  async #handleMessage({ transport }: Session, toolCalls: ToolCalls, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const message = await messageOf(req)
    if (message === undefined) return refuse(res, 400, 'Parse error: Invalid JSON', {}, ErrorCode.ParseError)
    if (!isMessage(message) || !isToolCall(message) || toolCalls.isClosed) return transport.handleRequest(req, res, message)
    const { id } = message
    const stream = {
      open: () =>
        new Promise<void>((delivered) => {
          const forget = toolCalls.handOver(id, delivered)
          res.once('close', () => {
            forget()
            delivered()
          })
          this.#stalled.watch(res)
          transport.handleRequest(req, res, message).catch(() => res.destroy())
        }),
      send: transport.send.bind(transport),
    }
    toolCalls.begin(message, new QuickAnswer(res, transport.sessionId, stream))
  }

  /** Whether a client that comes back has been told all that there is of its stream. */
  #isReplayed({ events, transport, unanswered }: Session, lastEventId: string, res: ServerResponse): boolean {
    const missed = events!.missed(lastEventId)
    if (missed === undefined) refuse(res, 400, 'what was told after this event is not kept any more')
    else if (missed.isOver && missed.events.length > 0) replay(missed, res, String(transport.sessionId))
    // MCP's word for: there is no stream here. Clients would come again and again for one that has told everything.
    else if (missed.isOver || (!missed.isStanding && unanswered() === 0))
      refuse(res, 405, 'nothing more is told in this stream', { allow: 'GET, POST, DELETE' })
    else return false
    return true
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping)
    this.#stalled.close()
    await Promise.all([...this.#sessions.values()].map(({ transport }) => transport.close()))
  }

  async #open(owner: string): Promise<Session> {
    const events = this.#log?.session()
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomBytes(16).toString('hex'),
      maxRequestBodySize: STDIO_DEFAULT_MAX_BUFFER_SIZE, // its own is smaller
      onsessioninitialized: (id) => void this.#sessions.set(id, session),
      ...(events && { eventStore: events, retryInterval: RETRY }),
    })
    const server = this.#begin()
    const { toolCalls } = server
    const session: Session = {
      owner,
      transport,
      toolCalls,
      standing: undefined,
      events,
      unanswered: () => 0,
      open: 0,
      lastUsed: Date.now(),
    }
    await server.connect(transport as Transport)
    const { onclose } = transport
    transport.onclose = () => {
      this.#sessions.delete(String(transport.sessionId))
      events?.close()
      onclose?.()
    }
    session.unanswered = endCancelledStreams(transport)
    session.standing = new StandingStream(transport, events !== undefined)
    return session
  }

  /** Whether there is room for one more; none is taken from those that are being answered. */
  async #makeRoom(): Promise<boolean> {
    if (this.#sessions.size < this.#most) return true
    const idle = [...this.#sessions.values()].filter(({ open }) => open === 0)
    idle.sort((a, b) => Number(isAwaited(a)) - Number(isAwaited(b)) || a.lastUsed - b.lastUsed)
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

/** Its client may come back for an answer. */
function isAwaited({ events, unanswered }: Session): boolean {
  return events !== undefined && unanswered() > 0
}

import type { ServerResponse } from 'node:http'
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js'
import type { AnswerWay } from '../session/tool-calls.js'
import { isAnswer } from './message-kinds.js'

/** How long an answer may take to be a plain one, in ms. What takes longer gets a stream, which is kept alive. */
const QUICK = 100

/** The stream of events that a transport answers a request with. */
export interface AnswerStream {
  /** Resolves when it can be sent to, or never will be. */
  open(): Promise<void>
  send(message: JSONRPCMessage, options: { relatedRequestId: RequestId }): Promise<void>
}

/**
 * The way of an answer over HTTP: plain JSON when it is there soon and nothing has been said before it, which is what most calls are;
 * a stream of events otherwise.
 */
export class QuickAnswer implements AnswerWay {
  readonly #res: ServerResponse
  readonly #sessionId: string | undefined
  readonly #stream: AnswerStream
  readonly #slow: NodeJS.Timeout
  #opened: Promise<void> | undefined

  constructor(res: ServerResponse, sessionId: string | undefined, stream: AnswerStream) {
    this.#res = res
    this.#sessionId = sessionId
    this.#stream = stream
    this.#slow = setTimeout(() => void this.opened(), QUICK)
    res.once('close', () => clearTimeout(this.#slow))
  }

  async send(message: JSONRPCMessage, options: { relatedRequestId: RequestId }): Promise<void> {
    if (this.#opened === undefined && isAnswer(message)) return this.#end(JSON.stringify(message))
    await this.opened()
    await this.#stream.send(message, options)
  }

  opened(): Promise<void> {
    clearTimeout(this.#slow)
    // A client that has left before needs none.
    this.#opened ??= this.#res.destroyed ? Promise.resolve() : this.#stream.open()
    return this.#opened
  }

  /** A stream without a message, as the transport ends those of calls that are cancelled. */
  cancelled(): void {
    clearTimeout(this.#slow)
    if (this.#opened !== undefined || this.#res.headersSent) return
    this.#res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...this.#session() })
    this.#res.end()
  }

  #end(body: string): void {
    clearTimeout(this.#slow)
    if (this.#res.destroyed) return
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...this.#session() }
    this.#res.writeHead(200, headers)
    this.#res.end(body)
  }

  #session(): { 'mcp-session-id'?: string } {
    return this.#sessionId === undefined ? {} : { 'mcp-session-id': this.#sessionId }
  }
}

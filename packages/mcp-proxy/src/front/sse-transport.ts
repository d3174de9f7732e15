import type { ServerResponse } from 'node:http'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

/** A comment is sent so often, in ms, so that nobody in between takes the stream for dead. */
const KEEP_ALIVE = 15_000
/** Bytes that may wait for a client that does not read. */
const BACKLOG = 32 * 1024 * 1024

/** The server's side of MCP's older transport over HTTP (2024-11-05): one stream of events, and a request for each message of the client. */
export class SseTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #res: ServerResponse
  readonly #endpoint: string
  #keepingAlive: NodeJS.Timeout | undefined

  /** @param endpoint where the client is to send its messages. */
  constructor(res: ServerResponse, endpoint: string) {
    this.#res = res
    this.#endpoint = endpoint
  }

  async start(): Promise<void> {
    const res = this.#res
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    res.write(`event: endpoint\ndata: ${this.#endpoint}\n\n`)
    this.#keepingAlive = setInterval(() => res.write(': keepalive\n\n'), KEEP_ALIVE).unref()
    res.once('close', () => {
      clearInterval(this.#keepingAlive)
      this.onclose?.()
    })
    // What is written to a client that has gone is lost.
    res.on('error', () => {})
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const res = this.#res
    if (res.destroyed || res.writableEnded) throw new Error('the client has gone')
    res.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`)
    if (res.writableLength > BACKLOG) res.destroy()
  }

  async close(): Promise<void> {
    if (!this.#res.writableEnded) this.#res.end()
  }
}

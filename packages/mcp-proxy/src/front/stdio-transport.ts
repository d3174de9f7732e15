import type { Readable, Writable } from 'node:stream'
import { messageLines, writeTogether } from '@keelson/pools'
import { STDIO_DEFAULT_MAX_BUFFER_SIZE } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

/** The server's side of MCP over standard streams. The SDK's own looks at every part of a message, and writes each by itself. */
export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #stdin: Readable
  readonly #stdout: Writable
  readonly #lines = messageLines()
  /** Whether what comes next waits for a turn. */
  #isWaiting = false
  readonly #ondata = (chunk: Buffer) => this.#read(chunk)
  readonly #onerror = (error: Error) => this.onerror?.(error)

  constructor(stdin: Readable, stdout: Writable) {
    this.#stdin = stdin
    this.#stdout = stdout
  }

  async start(): Promise<void> {
    this.#stdin.on('data', this.#ondata)
    this.#stdin.on('error', this.#onerror)
  }

  /** Resolves when it has been written, or nobody reads any more. */
  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve) => writeTogether(this.#stdout, `${JSON.stringify(message)}\n`, () => resolve()))
  }

  async close(): Promise<void> {
    this.#stdin.off('data', this.#ondata)
    this.#stdin.off('error', this.#onerror)
    this.#stdin.pause()
    this.#lines.clear()
    this.onclose?.()
  }

  #read(chunk: Buffer): void {
    this.#lines.append(chunk)
    if (this.#lines.size > STDIO_DEFAULT_MAX_BUFFER_SIZE) {
      this.onerror?.(new Error(`a message has more than ${STDIO_DEFAULT_MAX_BUFFER_SIZE} bytes`))
      void this.close()
      return
    }
    this.#readAll()
  }

  #readAll(): void {
    while (!this.#isWaiting && this.#readOne());
  }

  /** False when no complete message is left; a line that is none is skipped. */
  #readOne(): boolean {
    try {
      const message = this.#lines.next()
      if (message === undefined) return false
      if ('method' in message && message.method === 'notifications/progress') this.#wait()
      this.onmessage?.(message)
    } catch (error) {
      this.onerror?.(error as Error)
    }
    return true
  }

  /** How far an answer has come is handled by the SDK a turn later than the answer itself, which would be too late. */
  #wait(): void {
    this.#isWaiting = true
    setImmediate(() => {
      this.#isWaiting = false
      this.#readAll()
    })
  }
}

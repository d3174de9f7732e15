import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { ServerProcess } from '../child/server-process.js'
import { END_FOLLOWS } from '../child/with-child.js'
import { messageLines } from './message-lines.js'
import { lineSize, type MessageSize } from './message-size.js'
import { writeTogether } from './write-together.js'

/** The number of lines that are read per turn of the event loop. */
const AT_ONCE = 50

/** Bytes of messages that wait to be read, behind the one that is. */
const BACKLOG = 1024 * 1024

/**
 * MCP over the standard streams of a `ServerProcess`. The SDK's own stdio transport starts its child in this process's group and
 * signals that child alone.
 */
export class ChildTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  #nextTurn: NodeJS.Immediate | undefined
  /** One of its pipes is closed: calls cannot be answered any more. */
  broken = false
  readonly #child: ServerProcess
  readonly #lines = messageLines()
  readonly #grace: number
  readonly #maxMessageSize: number
  readonly #size: MessageSize

  constructor(child: ServerProcess, grace: number, maxMessageSize: number) {
    this.#child = child
    this.#grace = grace
    this.#maxMessageSize = maxMessageSize
    this.#size = lineSize(maxMessageSize)
  }

  async start(): Promise<void> {
    const { stdout, closed } = this.#child
    stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    stdout.once('end', () => {
      while (this.#readOne()); // deliver what was received before the end
      this.#break('it closed its standard output')
    })
    void closed.then(() => this.onclose?.())
  }

  /** A failed write rejects once the child has ended, with why it ended. */
  send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      writeTogether(child.stdin, `${JSON.stringify(message)}\n`, (error) => {
        if (!error) return resolve()
        this.#break('it closed its standard input')
        void child.closed.then(() => reject(child.why))
      })
    })
  }

  async close(): Promise<void> {
    await this.#child.stop(this.#grace)
  }

  /** The child is killed unless it ends by itself soon, which it mostly does, with a reason that says more. */
  #break(why: string): void {
    if (this.broken) return
    this.broken = true
    const child = this.#child
    const timer = setTimeout(() => child.running && child.kill(new Error(why)), END_FOLLOWS)
    void child.closed.then(() => clearTimeout(timer))
  }

  #read(chunk: Buffer): void {
    this.#lines.append(chunk)
    if (!this.#size.accepts(chunk) || this.#lines.size > this.#maxMessageSize + BACKLOG) {
      this.#lines.clear()
      this.#child.stdout.pause()
      this.#child.kill(this.#tooLong())
      return
    }
    if (this.#nextTurn === undefined) this.#readSome()
  }

  #tooLong(): Error {
    return new Error(`it sent a message of more than ${this.#maxMessageSize} bytes; raise maxMessageSize if it may be longer`)
  }

  /** Reads `AT_ONCE` lines per turn and pauses the stream while more are waiting, so that a flood does not block the event loop. */
  #readSome(): void {
    this.#nextTurn = undefined
    const { stdout } = this.#child
    for (let n = 0; n < AT_ONCE; n++) {
      if (this.#readOne()) continue
      stdout.resume()
      return
    }
    stdout.pause()
    this.#nextTurn = setImmediate(() => this.#readSome())
  }

  /** False when no complete message is left. A line that is no message, such as a log line, goes to `onerror` and is skipped. */
  #readOne(): boolean {
    try {
      const message = this.#lines.next()
      if (message === undefined) return false
      this.onmessage?.(message)
    } catch (error) {
      this.onerror?.(error as Error)
    }
    return true
  }
}

import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { ServerProcess } from '../child/server-process.js'
import { END_FOLLOWS } from '../child/with-child.js'
import type { McpSdk } from './mcp-sdk.js'

/** How many lines are read before anybody else gets a turn. */
const AT_ONCE = 50

/**
 * The MCP SDK's framing over a child of ours. The SDK's own transport starts its child in our process group and signals that child
 * alone.
 */
export class ChildTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  #resting: NodeJS.Immediate | undefined
  /** One of its pipes is closed: no call can be answered any more. */
  broken = false
  readonly #child: ServerProcess
  readonly #sdk: McpSdk
  readonly #buffer: InstanceType<McpSdk['ReadBuffer']>
  readonly #grace: number

  constructor(sdk: McpSdk, child: ServerProcess, grace: number) {
    this.#sdk = sdk
    this.#child = child
    this.#grace = grace
    this.#buffer = new sdk.ReadBuffer()
  }

  async start(): Promise<void> {
    const { stdout, closed } = this.#child
    stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    stdout.once('end', () => {
      while (this.#readOne()); // its answers come before its end
      this.#break('it closed its standard output')
    })
    void closed.then(() => this.onclose?.())
  }

  /** What cannot be written fails when the child has ended, which says why. */
  send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      child.stdin.write(this.#sdk.serializeMessage(message), (error) => {
        if (!error) return resolve()
        this.#break('it closed its standard input')
        void child.closed.then(() => reject(child.why))
      })
    })
  }

  async close(): Promise<void> {
    await this.#child.stop(this.#grace)
  }

  /** A server without one of its pipes can answer nobody, even if it goes on running. Mostly it is about to end, and says why. */
  #break(why: string): void {
    if (this.broken) return
    this.broken = true
    const child = this.#child
    const timer = setTimeout(() => child.running && child.kill(new Error(why)), END_FOLLOWS)
    void child.closed.then(() => clearTimeout(timer))
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk)
    } catch (error) {
      this.#child.kill(error as Error) // no end of a message within the SDK's limit
      return
    }
    if (this.#resting === undefined) this.#readSome()
  }

  /** A child that floods us takes no more than its turn; meanwhile nothing more is taken from it. */
  #readSome(): void {
    this.#resting = undefined
    const { stdout } = this.#child
    for (let n = 0; n < AT_ONCE; n++) {
      if (this.#readOne()) continue
      stdout.resume()
      return
    }
    stdout.pause()
    this.#resting = setImmediate(() => this.#readSome())
  }

  /** False when there is no complete message left. A line that is none, say of a log, is told and skipped. */
  #readOne(): boolean {
    try {
      const message = this.#buffer.readMessage()
      if (message === null) return false
      this.onmessage?.(message)
    } catch (error) {
      this.onerror?.(error as Error)
    }
    return true
  }
}

import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { McpSdk } from './mcp-sdk.js'
import type { ServerProcess } from './server-process.js'

/** How long after the end of its output a child that ends may take to do so, in ms. */
const END_FOLLOWS = 200

/**
 * The MCP SDK's framing over a child of ours. The SDK's own transport starts its child in our process group and signals that child
 * alone.
 */
export class ChildTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
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
      // A server without standard output can answer nobody, even if it goes on running. Mostly it is about to end, and says why.
      const timer = setTimeout(() => this.#child.kill(new Error('it closed its standard output')), END_FOLLOWS)
      void closed.then(() => clearTimeout(timer))
    })
    void closed.then(() => this.onclose?.())
  }

  send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#child
    return new Promise((resolve, reject) => {
      stdin.write(this.#sdk.serializeMessage(message), (error) => (error ? reject(error) : resolve()))
    })
  }

  async close(): Promise<void> {
    await this.#child.stop(this.#grace)
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk)
    } catch (error) {
      this.#child.kill(error as Error) // no end of a message within the SDK's limit
      return
    }
    while (this.#readOne());
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

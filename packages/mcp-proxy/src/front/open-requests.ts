import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, MessageExtraInfo, RequestId } from '@modelcontextprotocol/sdk/types.js'
import { cancelledRequest, isAnswer, isRequest } from './message-kinds.js'

/** A transport that knows which requests have no answer yet. One that is cancelled gets none. */
export class OpenRequests implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void
  readonly #transport: Transport
  readonly #open = new Set<RequestId>()
  #waiting: (() => void)[] = []

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get count(): number {
    return this.#open.size
  }

  /** Resolves when none is open. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#tell()
    })
  }

  async start(): Promise<void> {
    const transport = this.#transport
    transport.onmessage = (message: JSONRPCMessage, extra?: MessageExtraInfo) => {
      if (isRequest(message)) this.#open.add(message.id)
      else this.#forget(cancelledRequest(message))
      this.onmessage?.(message, extra)
    }
    transport.onerror = (error) => this.onerror?.(error)
    transport.onclose = () => {
      this.#open.clear()
      this.#tell()
      this.onclose?.()
    }
    await transport.start()
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    await this.#transport.send(message, options)
    if (isAnswer(message)) this.#forget(message.id)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  #forget(id: RequestId | undefined): void {
    if (id !== undefined && this.#open.delete(id)) this.#tell()
  }

  #tell(): void {
    if (this.#open.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, Notification, Progress, Result } from '@modelcontextprotocol/sdk/types.js'
import { CallError } from '../call-error.js'
import type { CallEnd } from './call-end.js'

/** The SDK's client counts its requests up from 0 on the same transport; some servers take nothing but numbers of 32 bits. */
const FIRST = 1_000_000_000
const LAST = 2_000_000_000

interface OpenRequest {
  resolve(result: Result): void
  reject(error: Error): void
  onprogress: ((progress: Progress) => void) | undefined
}

/** A day of ten thousand calls a second uses all ids up: they begin anew. */
export function idAfter(id: number): number {
  return id < LAST ? id + 1 : FIRST
}

/**
 * Requests on the transport of a connected client whose answers are passed on as they are: the SDK would look at each part of them, on
 * both sides of the proxy, which takes longer than everything else. What is not the answer to one of them, its client gets.
 */
export class Wire {
  /** Told of notifications before the client; those for which it returns true, the client does not get. */
  onnotification: (notification: Notification) => boolean = () => false
  readonly #transport: Transport | undefined
  readonly #open = new Map<number, OpenRequest>()
  #isClosed: boolean
  #next = FIRST

  constructor({ transport }: Pick<Client, 'transport'>) {
    this.#transport = transport
    this.#isClosed = transport === undefined
    if (transport === undefined) return
    const { onmessage, onclose } = transport
    transport.onmessage = (message: JSONRPCMessage, extra) => {
      if (!this.#takes(message)) onmessage?.(message, extra)
    }
    transport.onclose = () => {
      this.#isClosed = true
      onclose?.()
      for (const { reject } of this.#open.values()) reject(new Error('Connection closed'))
      this.#open.clear()
    }
  }

  /**
   * Rejects with the answer when that is an error, a `CallError`; with an Error of another kind when there is none: the session is over,
   * the request cannot be sent, or `end` was told to end, which cancels it at the server.
   */
  request(
    { method, params }: { method: string; params: Readonly<Record<string, unknown>> },
    end: CallEnd,
    onprogress?: (progress: Progress) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const transport = this.#transport
      if (this.#isClosed || transport === undefined) return reject(new Error('Not connected'))
      const id = this.#next
      this.#next = idAfter(id)
      this.#open.set(id, { resolve, reject, onprogress })
      const told = onprogress === undefined ? params : { ...params, _meta: { ...(params._meta as object), progressToken: id } }
      transport.send({ jsonrpc: '2.0', id, method, params: told }).catch((error: Error) => {
        this.#open.delete(id)
        reject(error)
      })
      end.tell((reason) => {
        if (!this.#open.delete(id)) return
        const cancelled = { requestId: id, reason: String(reason) }
        transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: cancelled }).catch(() => {})
        reject(new Error(`the call is over: ${reason}`))
      })
    })
  }

  /** Whether a message is not for the client. */
  #takes(message: JSONRPCMessage): boolean {
    if ('method' in message) {
      if ('id' in message) return false
      return message.method === 'notifications/progress' ? this.#progressed(message.params ?? {}) : this.onnotification(message)
    }
    // Some servers answer with the id as a string.
    const id = Number(message.id)
    if (!(id >= FIRST)) return false
    const request = this.#open.get(id)
    this.#open.delete(id)
    if ('result' in message) request?.resolve(message.result)
    else request?.reject(new CallError(message.error.code, message.error.message, message.error.data))
    return true
  }

  #progressed({ progressToken, ...progress }: Record<string, unknown>): boolean {
    const id = Number(progressToken)
    if (!(id >= FIRST)) return false
    this.#open.get(id)?.onprogress?.(progress as unknown as Progress)
    return true
  }
}

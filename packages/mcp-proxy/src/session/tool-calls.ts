import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  ErrorCode,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type Progress,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js'
import { isObject } from '../config/checks.js'
import { CallEnd } from '../upstream/call-end.js'
import type { Caller } from '../upstream/caller.js'
import type { Upstream } from '../upstream/upstream.js'

/** Where the answer to a call goes, and what is said meanwhile. */
export interface AnswerWay {
  send(message: JSONRPCMessage, options: { relatedRequestId: RequestId }): Promise<void>
  /** Before the client is asked something on behalf of the call. */
  opened?(): Promise<void>
  /** There will be no answer. */
  cancelled?(): void
}

/** What calls of tools need of the session whose they are. */
export interface ToolCallsOptions {
  /** The server that has the tool of this name, and what it calls it; rejects when there is none. */
  find(name: string): Promise<[Upstream, string]>
  /** The client, as one that is asked on the way that the answer to this request goes, which is open then. */
  callerFor(id: RequestId, opened: () => Promise<void>): Caller
}

interface OpenCall {
  readonly end: CallEnd
  readonly way: AnswerWay
  isCancelled: boolean
}

type ToolCall = JSONRPCRequest & { params: { name: string; arguments?: object; _meta?: Record<string, unknown> } }

/** Whether it is a plain call of a tool. What is not, such as one that has no name, the session answers. */
export function isToolCall(message: JSONRPCMessage): message is ToolCall {
  if (!('method' in message && 'id' in message) || message.method !== 'tools/call') return false
  const { name, arguments: args, task, _meta } = (message.params ?? {}) as Record<string, unknown>
  const token = isObject(_meta) ? _meta.progressToken : undefined
  return (
    typeof name === 'string' &&
    (args === undefined || isObject(args)) &&
    (_meta === undefined || isObject(_meta)) &&
    (token === undefined || typeof token === 'string' || Number.isSafeInteger(token)) &&
    task === undefined
  )
}

/**
 * The calls of tools of one client. They go by the session of the SDK, which would look at every part of them and of their results
 * once more than the client and the server do: a call is mostly that, and most of what passes through a proxy are calls.
 */
export class ToolCalls {
  readonly #find: ToolCallsOptions['find']
  readonly #callerFor: ToolCallsOptions['callerFor']
  /** By id, which a client may use twice: the one that came last. */
  readonly #open = new Map<RequestId, OpenCall>()
  /** All of them. */
  readonly #calls = new Set<OpenCall>()
  /** Calls that have begun already when the transport delivers them. */
  readonly #handedOver = new Map<RequestId, () => void>()
  #isClosed = false

  constructor({ find, callerFor }: ToolCallsOptions) {
    this.#find = find
    this.#callerFor = callerFor
  }

  /** Takes the calls out of what a transport delivers to the session that is connected to it. */
  serve(transport: Transport): void {
    const { onmessage, onclose } = transport
    transport.onmessage = (message: JSONRPCMessage, extra) => {
      if (isToolCall(message)) {
        const known = this.#handedOver.get(message.id)
        this.#handedOver.delete(message.id)
        if (known === undefined) this.begin(message, transport as AnswerWay)
        else known()
        return
      }
      if ('method' in message && message.method === 'notifications/cancelled') this.#cancel(message.params ?? {})
      onmessage?.(message, extra)
    }
    transport.onclose = () => {
      this.#isClosed = true
      for (const call of this.#calls) cancel(call, 'its client has gone')
      this.#open.clear()
      onclose?.()
    }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  begin(request: ToolCall, way: AnswerWay): void {
    const call: OpenCall = { end: new CallEnd(), way, isCancelled: false }
    this.#open.set(request.id, call)
    this.#calls.add(call)
    void this.#answered(request, call)
      .then((answer) => {
        this.#calls.delete(call)
        if (this.#open.get(request.id) === call) this.#open.delete(request.id)
        return call.isCancelled ? undefined : way.send(answer, { relatedRequestId: request.id })
      })
      .catch(() => {}) // to a client that has gone there is nothing to tell
  }

  /** Told when a transport delivers the call of this id, which has begun; the returned function says that it never will. */
  handOver(id: RequestId, delivered: () => void): () => void {
    this.#handedOver.set(id, delivered)
    return () => {
      if (this.#handedOver.get(id) === delivered) this.#handedOver.delete(id)
    }
  }

  async #answered(request: ToolCall, { end, way }: OpenCall): Promise<JSONRPCMessage> {
    const { id, params } = request
    try {
      const [upstream, name] = await this.#find(params.name)
      end.throwIfOver()
      const caller = this.#callerFor(id, async () => way.opened?.())
      const { progressToken, ..._meta } = params._meta ?? {}
      const call = { method: 'tools/call', params: { ...params, name, ...(params._meta && { _meta }) }, caller }
      if (progressToken === undefined) return { jsonrpc: '2.0', id, result: await upstream.call(call, end) }
      const onprogress = (progress: Progress) => {
        const told = { ...progress, progressToken }
        way.send({ jsonrpc: '2.0', method: 'notifications/progress', params: told }, { relatedRequestId: id }).catch(() => {})
      }
      // A turn later: clients made with the SDK lose progress that comes in one piece with the answer.
      const result = await upstream.call({ ...call, onprogress }, end).finally(() => new Promise(setImmediate))
      return { jsonrpc: '2.0', id, result }
    } catch (error) {
      const { code, message, data } = error as { code?: unknown; message: string; data?: unknown }
      const known = Number.isSafeInteger(code) ? (code as number) : ErrorCode.InternalError
      return { jsonrpc: '2.0', id, error: { code: known, message, ...(data !== undefined && { data }) } }
    }
  }

  #cancel({ requestId, reason }: Record<string, unknown>): void {
    const call = this.#open.get(requestId as RequestId)
    if (call === undefined) return
    this.#open.delete(requestId as RequestId)
    cancel(call, reason)
  }
}

function cancel(call: OpenCall, reason: unknown): void {
  call.isCancelled = true
  call.end.end(reason)
  call.way.cancelled?.()
}

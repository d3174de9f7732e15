import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { RequestHandlerExtra, RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  type ClientCapabilities,
  McpError,
  type Notification,
  type Progress,
  type Result,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js'
import { answered } from '../call-error.js'
import type { Listener } from '../catalog/audience.js'
import type { Caller, Question } from '../upstream/caller.js'

/** People answer some questions: the server that asks says how long it waits. */
const NO_TIMEOUT = 2 ** 31 - 1

/** The client of a session, as one that is told things and asked. */
export class Connected implements Listener {
  capabilities: ClientCapabilities = {}
  /** Whether it has said that it is initialized: before that nothing may be sent to it. */
  isReady = false
  readonly #session: Server

  constructor(session: Server) {
    this.#session = session
  }

  tell({ method, params }: Notification): void {
    // Past the session, which refuses what it was not told by `initialize` that clients understand: the proxy answers that itself.
    if (this.isReady) this.#session.transport?.send({ jsonrpc: '2.0', method, ...(params && { params }) }).catch(() => {})
  }

  get caller(): Caller {
    return this.#callerBy((request, options) => this.#session.request(request as ServerRequest, ResultSchema, options))
  }

  /** What is asked on behalf of a request goes the way that its answer will go. */
  callerFor(sendRequest: RequestHandlerExtra<ServerRequest, ServerNotification>['sendRequest']): Caller {
    return this.#callerBy((request, options) => sendRequest(request as ServerRequest, ResultSchema, options))
  }

  #callerBy(send: (question: Question, options: RequestOptions) => Promise<Result>): Caller {
    const ask = async (question: Question, signal: AbortSignal, onprogress?: (progress: Progress) => void) => {
      try {
        return await send(question, { signal, timeout: NO_TIMEOUT, ...(onprogress && { onprogress }) })
      } catch (error) {
        throw error instanceof McpError ? answered(error) : error
      }
    }
    return { client: this, capabilities: this.capabilities, ask, tell: (notification) => this.tell(notification) }
  }
}

import type { ServerResponse } from 'node:http'
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { isAnswer, isRequest } from './message-kinds.js'

/** How long what a client is asked waits for its stream, in ms: it opens one after it has said that it is initialized. */
const PATIENCE = 10_000
/** How many messages wait; the oldest news is dropped for a new one. */
const MOST = 64

interface Waiting {
  readonly message: JSONRPCMessage
  send(): void
  fail(error: Error): void
}

/**
 * The stream for what belongs to no request of the client. While there is none the SDK drops what is sent into it, news and questions
 * alike, and who asks would wait for ever: these wait here for a time.
 */
export class StandingStream {
  readonly #waiting = new Set<Waiting>()
  readonly #isKept: boolean
  #open = 0
  #wasOpen = false

  /** Of a connected transport. @param isKept whether what is sent between two streams is kept elsewhere. */
  constructor(transport: StreamableHTTPServerTransport, isKept: boolean) {
    this.#isKept = isKept
    const send = transport.send.bind(transport)
    transport.send = (message, options) => {
      const isOfOthers = isAnswer(message) || options?.relatedRequestId !== undefined
      const goes = isOfOthers || this.#open > 0 || (this.#isKept && this.#wasOpen)
      return goes ? send(message, options) : this.#wait(message, () => send(message, options))
    }
    const { onclose } = transport
    transport.onclose = () => {
      for (const { fail } of this.#waiting) fail(new Error('the client has gone'))
      onclose?.()
    }
  }

  /** A client asks for it: it is there when that is granted. */
  asked(res: ServerResponse): void {
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
    res.writeHead = ((status: number, ...more: unknown[]) => {
      if (status === 200) this.#opened(res)
      return writeHead(status, ...more)
    }) as typeof res.writeHead
  }

  #opened(res: ServerResponse): void {
    this.#open++
    this.#wasOpen = true
    res.once('close', () => this.#open--)
    // Behind what the SDK tells first.
    setImmediate(() => {
      for (const { send } of this.#waiting) send()
    })
  }

  #wait(message: JSONRPCMessage, send: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = () => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
      }
      const fail = (error: Error) => {
        over()
        reject(error)
      }
      const waiting: Waiting = {
        message,
        send: () => {
          over()
          send().then(resolve, reject)
        },
        fail,
      }
      const timer = setTimeout(() => fail(new Error('the client listens to no stream')), PATIENCE).unref()
      this.#waiting.add(waiting)
      if (this.#waiting.size > MOST) this.#dropOldest()
    })
  }

  /** Questions are answered by somebody who waits; news is not. */
  #dropOldest(): void {
    const all = [...this.#waiting]
    const oldest = all.find(({ message }) => !isRequest(message)) ?? all[0]
    oldest?.fail(new Error('the client listens to no stream'))
  }
}

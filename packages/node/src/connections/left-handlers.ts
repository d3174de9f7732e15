import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { clearTimeout, setTimeout } from '../time.js'
import type { Awaited } from './connection.js'

/** How long a handler that returned no promise is waited for after its client has left, in ms. */
const LONGEST = 5_000

const PROMISE = Symbol('keelson.handler')

/** What a handler ends when it is done: a response, or the stream of an h2 server without one. */
export interface Answer {
  end(...args: never[]): unknown
  [PROMISE]?: PromiseLike<unknown>
}

/** Remembers what a request listener returned, for the case that its client leaves. */
export function noteHandler(answer: Answer, returned: unknown): void {
  if (returned instanceof Promise) answer[PROMISE] = returned
}

/** Handlers that are still at work though their client has left. */
export interface LeftHandlers {
  size(): number
  requests(): Iterable<Awaited>
  add(answer: Answer, request: Awaited): void
  /** Waits for none of them any more. */
  forget(): void
}

/**
 * Waits for each until it ends its answer, or until the promise that it returned settles; without a promise at most 5 s: a handler
 * that notices that nobody listens may return without a word. Calls `onEnd` when one is over.
 */
export function leftHandlers(onEnd: () => void, longest = LONGEST): LeftHandlers {
  const left = new Map<() => void, Awaited>()

  function add(answer: Answer, request: Awaited): void {
    const { end, [PROMISE]: promise } = answer
    const timer = promise ? undefined : setTimeout(over, longest)
    const cancel = () => clearTimeout(timer)
    left.set(cancel, request)

    function over(): void {
      cancel()
      if (left.delete(cancel)) onEnd()
    }

    answer.end = (...args: never[]) => {
      over()
      return Reflect.apply(end, answer, args)
    }
    // What nobody else handles stays unhandled.
    promise?.then(over, (error) => {
      over()
      throw error
    })
  }

  return {
    size: () => left.size,
    requests: () => left.values(),
    add,
    forget() {
      for (const cancel of left.keys()) cancel()
      left.clear()
    },
  }
}

/**
 * Whether the handler of a request whose client is gone is likely at work: the request had come in full, and the answer had not
 * begun. Uploads that broke off and streams end where their handlers read and write.
 */
export function isAtWork({ req, headersSent, writableEnded, destroyed }: Http1Answer): boolean {
  return req.complete && !headersSent && !writableEnded && !destroyed
}

interface Http1Answer {
  readonly req: IncomingMessage
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly destroyed: boolean
}

/** The same of a stream of HTTP/2. */
export function isStreamAtWork(stream: ServerHttp2Stream): boolean {
  return stream.aborted && !stream.headersSent && (stream.endAfterHeaders || stream.readableEnded)
}

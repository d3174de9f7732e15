import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type Agent, type RequestInit, Response, fetch as undiciFetch } from 'undici'
import { foreignOrigin, lostByRedirect, messageTooLong, type ServerName, tooManyRedirects } from '../errors.js'
import { bodySize, eventSize, type MessageSize } from './message-size.js'

/** What a server says when it refuses is for an error text: more of it is not read. */
const REFUSAL = 16 * 1024

/** How many redirects one request may meet. */
const REDIRECTS = 5

export interface FetchBounds {
  readonly name: ServerName
  /** Nothing is sent to another one, whatever asks for that: the headers of a server are for it alone. */
  readonly url: string
  readonly agent: Agent
  /** Bytes that a message may have: a body, or an event. */
  readonly maxMessageSize: number
  /** Told of what a server did that no request of this session survives. */
  onFault(fault: Error): void
}

/**
 * The `fetch` of one MCP session, which the SDK is given: to the origin of its server alone, redirects included, and with messages of
 * at most `maxMessageSize`, which the SDK would keep whole, whatever their size.
 */
export function boundedFetch(bounds: FetchBounds): FetchLike {
  const { name, agent } = bounds
  const { origin } = new URL(bounds.url)
  const failed = (fault: Error): Error => {
    bounds.onFault(fault)
    return fault
  }
  const dispatched = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    let to = new URL(input)
    for (let n = 0; n <= REDIRECTS; n++) {
      if (to.origin !== origin) throw failed(foreignOrigin(name, to.origin))
      const response = await undiciFetch(to.href, { ...init, redirect: 'manual', dispatcher: agent })
      const location = response.headers.get('location')
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null || !URL.canParse(location, to.href)) {
        return bounded(response, bounds, failed)
      }
      await response.body?.cancel()
      to = new URL(location, to.href)
      const isRead = init.method === undefined || init.method === 'GET'
      if (!isRead && response.status < 307 && to.origin === origin)
        throw failed(lostByRedirect(name, response.status, to.pathname))
    }
    throw failed(tooManyRedirects(name, REDIRECTS))
  }
  // undici's types of fetch differ from those of Node's globals; the objects are the same.
  return dispatched as unknown as FetchLike
}

function bounded(response: Response, { name, maxMessageSize }: FetchBounds, failed: (fault: Error) => Error): Response {
  const { body, status, statusText, headers, ok } = response
  if (body === null) return response
  const isEvents = /^\s*text\/event-stream\s*(;|$)/i.test(headers.get('content-type') ?? '')
  const cut = ok
    ? failing(isEvents ? eventSize(maxMessageSize) : bodySize(maxMessageSize), () => failed(messageTooLong(name, maxMessageSize)))
    : ending(REFUSAL)
  return new Response(body.pipeThrough(cut), { status, statusText, headers })
}

type Cut = TransformStream<Uint8Array, Uint8Array>

/** Breaks off with an error. */
function failing(size: MessageSize, fault: () => Error): Cut {
  return new TransformStream({
    transform: (chunk, controller) => (size.accepts(chunk) ? controller.enqueue(chunk) : controller.error(fault())),
  })
}

/** Ends after so many bytes. */
function ending(limit: number): Cut {
  let left = limit
  return new TransformStream({
    transform: (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) controller.terminate()
    },
  })
}

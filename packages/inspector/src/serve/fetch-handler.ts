import type { Ask } from '../guard/ask.js'
import type { Viewers } from '../stream/viewers.js'
import { clearTimeout, setTimeout } from '../time.js'
import { PATIENCE } from './body.js'
import { STREAM_HEADERS } from './node-handler.js'
import { placeOf } from './place.js'
import { type Reply, SAFE, textReply } from './reply.js'
import { type Site, STREAM } from './site.js'

/** Answers a request of the web platform. `env`: what the server says of it, where its address is looked for. */
export type FetchHandler = (request: Request, env?: unknown) => Promise<Response>

export function fetchHandler(site: Site, viewers: Viewers, path: string): FetchHandler {
  return async (request, env) => {
    const url = new URL(request.url)
    const place = placeOf(url.pathname, undefined, path)
    if (place === undefined) return responseOf(request, textReply(404, `the inspector is at ${path}/`))
    const ask: Ask = {
      ...place,
      method: request.method,
      header: (name) => request.headers.get(name) ?? (name === 'host' ? url.host : undefined),
      headerNames: [...request.headers.keys()],
      version: undefined,
      peer: peerOf(request, env),
      secure: url.protocol === 'https:',
      body: (most) => bodyOf(request, most),
    }
    const answer = await site.answer(ask).catch(() => textReply(500, 'the inspector has failed'))
    return answer === STREAM ? streamResponse(viewers) : responseOf(request, answer)
  }
}

function responseOf({ method }: Request, { status, headers, body }: Reply): Response {
  const none = method === 'HEAD' || status === 304
  return new Response(none ? null : typeof body === 'string' ? body : new Uint8Array(body), { status, headers })
}

/** Of a stream, as many messages may wait to be taken. */
const WAITING = 2

function streamResponse(viewers: Viewers): Response {
  const encoder = new TextEncoder()
  let admitted: ReturnType<Viewers['add']>
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = () => {
          try {
            controller.close()
          } catch {
            // It was closed by who reads it.
          }
          admitted?.left()
        }
        const write = (text: string) => {
          controller.enqueue(encoder.encode(text))
          return (controller.desiredSize ?? 0) > 0
        }
        admitted = viewers.add({ write, end, destroy: end }, true)
        if (admitted === undefined) controller.close()
      },
      pull: () => admitted?.drained(),
      cancel: () => admitted?.left(),
    },
    { highWaterMark: WAITING },
  )
  return new Response(body, { headers: { ...SAFE, ...STREAM_HEADERS } })
}

/** As @hono/node-server (`incoming`), Bun (`requestIP`) and Deno (`remoteAddr`) say it. */
function peerOf(request: Request, env: unknown): string | undefined {
  if (typeof env !== 'object' || env === null) return undefined
  const { incoming, requestIP, remoteAddr } = env as {
    incoming?: { socket?: { remoteAddress?: string } }
    requestIP?: (request: Request) => { address?: string } | null
    remoteAddr?: { hostname?: string }
  }
  if (incoming !== undefined) return incoming.socket?.remoteAddress
  if (typeof requestIP === 'function') return requestIP.call(env, request)?.address
  return remoteAddr?.hostname
}

/** Undefined when it has more than `most` bytes, or does not come. */
async function bodyOf({ body }: Request, most: number): Promise<string | undefined> {
  if (body === null) return ''
  const reader = body.getReader()
  // What still comes is not read; a read that goes on is over by it.
  const stop = () => void reader.cancel().catch(() => {})
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    stop()
  }, PATIENCE)
  timer.unref()
  const decoder = new TextDecoder()
  let [text, size] = ['', 0]
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length
      if (size > most) {
        stop()
        return undefined
      }
      text += decoder.decode(next.value, { stream: true })
    }
    return isLate ? undefined : text + decoder.decode()
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

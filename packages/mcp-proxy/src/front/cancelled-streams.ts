import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestId } from '@modelcontextprotocol/sdk/types.js'
import { cancelledRequest, isAnswer, isRequest } from './message-kinds.js'

/**
 * The SDK keeps a response open until every request that came with it is answered, and one that is cancelled never is. Makes a
 * connected transport end it when all others are. Returns how many requests are open.
 */
export function endCancelledStreams(transport: StreamableHTTPServerTransport): () => number {
  const { onmessage } = transport
  const send = transport.send.bind(transport)
  /** To each request that is open, those that came in one piece with it. */
  const open = new Map<RequestId, Set<RequestId>>()
  const batches = new WeakMap<object, Set<RequestId>>()
  const add = (id: RequestId, piece: object) => {
    const batch = batches.get(piece) ?? new Set()
    batches.set(piece, batch.add(id))
    open.set(id, batch)
  }
  const remove = (id: RequestId) => {
    const batch = open.get(id)
    open.delete(id)
    if (batch?.delete(id) && batch.size === 0) transport.closeSSEStream(id)
  }
  transport.onmessage = (message, extra) => {
    if (isRequest(message)) add(message.id, extra?.requestInfo ?? {})
    onmessage?.(message, extra)
    const cancelled = cancelledRequest(message)
    if (cancelled !== undefined) remove(cancelled)
  }
  transport.send = async (message, options) => {
    await send(message, options)
    if (isAnswer(message) && message.id !== undefined) remove(message.id)
  }
  return () => open.size
}

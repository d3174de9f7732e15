import type { EventEmitter } from 'node:events'
import { aroundEmit } from '../connections/around-emit.js'
import type { ProbeRequest, ProbeResponse } from '../probe/probe-request.js'

/**
 * Asks `handle` about every request before the listeners of `server` see it, those that are added later included. Returns a
 * function that ends it.
 */
export function interceptRequests(server: EventEmitter, handle: (req: ProbeRequest, res: ProbeResponse) => boolean): () => void {
  return aroundEmit(
    server,
    (args, pass) => (args[0] === 'request' && handle(args[1] as ProbeRequest, args[2] as ProbeResponse)) || pass(args),
  )
}

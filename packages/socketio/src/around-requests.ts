import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Asks `take` about every request before the listeners of `server` see it, those that are added later included. Returns a function
 * that ends it, in whatever order several such are ended.
 */
export function aroundRequests(
  server: EventEmitter,
  take: (request: IncomingMessage, response: ServerResponse) => boolean,
): () => void {
  const own = Object.getOwnPropertyDescriptor(server, 'emit')
  const { emit } = server
  let over = false

  function value(...args: unknown[]): boolean {
    if (!over && args[0] === 'request' && take(args[1] as IncomingMessage, args[2] as ServerResponse)) return true
    return Reflect.apply(emit, server, args)
  }

  Object.defineProperty(server, 'emit', { value, configurable: true, writable: true, enumerable: false })
  return () => {
    over = true
    if (server.emit !== value) return
    if (own) Object.defineProperty(server, 'emit', own)
    else Reflect.deleteProperty(server, 'emit')
  }
}

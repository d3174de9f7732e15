import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type Connection, connectionOf, type Http1Response } from './connection.js'

const REQUESTS = new Set<string | symbol>(['request', 'checkContinue', 'checkExpectation'])

/**
 * Hands HTTP/1 requests of `server` out one tick late, once everything that arrived with them is parsed: a handler that answers
 * at once would otherwise close the connection before the requests pipelined behind its own are known. Only while draining.
 * `admit` false drops the request. Returns a function that ends it.
 */
export function deferRequests(
  server: EventEmitter,
  admit: (connection: Connection, response: Http1Response) => boolean,
): () => void {
  const own = Object.getOwnPropertyDescriptor(server, 'emit')
  const emit = server.emit

  function hand(connection: Connection, response: Http1Response, args: unknown[]): void {
    if (admit(connection, response)) Reflect.apply(emit, server, args)
  }

  function deferring(this: EventEmitter, ...args: unknown[]): boolean {
    const connection = REQUESTS.has(args[0] as string) ? connectionOf((args[1] as IncomingMessage).socket) : undefined
    if (connection && !connection.session) {
      process.nextTick(hand, connection, args[2] as Http1Response, args)
      return true
    }
    return Reflect.apply(emit, this, args)
  }

  Object.defineProperty(server, 'emit', { value: deferring, configurable: true, writable: true, enumerable: false })
  return () => {
    if (server.emit !== deferring) return
    if (own) Object.defineProperty(server, 'emit', own)
    else Reflect.deleteProperty(server, 'emit')
  }
}

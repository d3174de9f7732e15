import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { nextTick } from '../time.js'
import { aroundEmit } from './around-emit.js'
import { type Connection, connectionOf, type Http1Response } from './connection.js'

const REQUESTS = new Set<unknown>(['request', 'checkContinue', 'checkExpectation'])

/**
 * Hands HTTP/1 requests of `server` out one tick late, once everything that arrived with them is parsed: a handler that answers
 * at once would otherwise close the connection before the requests pipelined behind its own are known. Only while draining.
 * `admit` false drops the request. Returns a function that ends it.
 */
export function deferRequests(
  server: EventEmitter,
  admit: (connection: Connection, response: Http1Response) => boolean,
): () => void {
  return aroundEmit(server, (args, pass) => {
    const connection = REQUESTS.has(args[0]) ? connectionOf((args[1] as IncomingMessage).socket) : undefined
    if (!connection || connection.session) return pass(args)
    nextTick(() => {
      if (admit(connection, args[2] as Http1Response)) pass(args)
    })
    return true
  })
}

import type { EventEmitter } from 'node:events'
import type { ProbeRequest, ProbeResponse } from '../probe/probe-request.js'

/** Asks `handle` about every request before the listeners of `server` see it, those that are added later included. */
export function interceptRequests(server: EventEmitter, handle: (req: ProbeRequest, res: ProbeResponse) => boolean): void {
  const emit = server.emit
  function intercepting(this: EventEmitter, ...args: unknown[]): boolean {
    if (args[0] === 'request' && handle(args[1] as ProbeRequest, args[2] as ProbeResponse)) return true
    return Reflect.apply(emit, this, args)
  }
  Object.defineProperty(server, 'emit', { value: intercepting, configurable: true, writable: true, enumerable: false })
}

import type { EventEmitter } from 'node:events'
import { type Answer, noteHandler } from './left-handlers.js'

type RequestListener = ((...args: unknown[]) => unknown) & { listener?: unknown }

/**
 * Remembers what the listeners of requests return that a server has now; what is added later is not known. To whoever looks, and takes one
 * off, they are the same. Returns a function that ends it.
 */
export function noteListeners(server: EventEmitter): () => void {
  const noted = new Map<RequestListener, RequestListener>()
  for (const listener of server.rawListeners('request') as RequestListener[]) {
    // Of once(): it takes itself off.
    if (listener.listener !== undefined) continue
    function noting(this: unknown, ...args: unknown[]): void {
      noteHandler(args[1] as Answer, Reflect.apply(listener, this, args))
    }
    noted.set(listener, Object.assign(noting, { listener }))
  }
  replace(server, noted)
  return () => replace(server, new Map([...noted].map(([listener, noting]) => [noting, listener])))
}

/** Keeps the order. */
function replace(server: EventEmitter, other: ReadonlyMap<RequestListener, RequestListener>): void {
  const listeners = server.rawListeners('request') as RequestListener[]
  if (!listeners.some((listener) => other.has(listener))) return
  server.removeAllListeners('request')
  for (const listener of listeners) server.on('request', (other.get(listener) ?? listener) as () => void)
}

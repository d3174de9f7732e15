import type { EventEmitter } from 'node:events'

/**
 * Listens to `events` only while somebody else does: Node takes the mere presence of an 'upgrade' or 'connect' listener as
 * the promise to answer. Returns a function that ends it.
 */
export function shadowListeners<A extends unknown[]>(
  emitter: EventEmitter,
  events: readonly string[],
  listener: (...args: A) => void,
): () => void {
  const follow = listener as (...args: unknown[]) => void
  const attached = new Set<string>()

  function attach(event: string): void {
    if (attached.has(event)) return
    attached.add(event)
    emitter.prependListener(event, follow)
  }

  function detach(event: string): void {
    attached.delete(event)
    emitter.off(event, follow)
  }

  function onNew(event: string | symbol, added: unknown): void {
    if (typeof event === 'string' && events.includes(event) && added !== follow) attach(event)
  }

  function onRemove(event: string | symbol, removed: unknown): void {
    if (typeof event !== 'string' || !attached.has(event)) return
    if (removed === follow) attached.delete(event)
    else if (emitter.listenerCount(event) === 1) detach(event)
  }

  for (const event of events) if (emitter.listenerCount(event) > 0) attach(event)
  emitter.on('newListener', onNew)
  emitter.on('removeListener', onRemove)

  return () => {
    emitter.off('newListener', onNew)
    emitter.off('removeListener', onRemove)
    for (const event of [...attached]) detach(event)
  }
}

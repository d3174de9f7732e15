import type { EventEmitter } from 'node:events'

const own = new WeakSet<object>()

/** Marks a listener as one of ours: that it is there says nothing of the application. */
export function ownListener<F extends object>(listener: F): F {
  own.add(listener)
  return listener
}

/** Whether the application listens to one of these events. */
export function isWatched(emitter: EventEmitter, ...events: readonly string[]): boolean {
  return events.some((event) => emitter.listenerCount(event) > 0 && emitter.listeners(event).some((one) => !own.has(one)))
}

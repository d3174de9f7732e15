import type { EventEmitter } from 'node:events'

type Listener = (...args: unknown[]) => unknown
type EventName = string | symbol

/**
 * Tells `returned` what each listener of `emitter` returns, those that are there and those to come; the emitter itself drops it.
 * `off()` takes the listeners that were given to `on()`, as ever. Of names that `concerns` is false for nothing changes.
 */
export function followListeners(
  emitter: EventEmitter,
  concerns: (event: EventName) => boolean,
  returned: (event: EventName, args: unknown[], value: unknown) => void,
): void {
  const { on, prependListener } = emitter

  function follow(event: EventName, listener: Listener): Listener {
    return as(listener, function (this: unknown, ...args) {
      const value = Reflect.apply(listener, this, args)
      returned(event, args, value)
      return value
    })
  }

  function onceOf(event: EventName, listener: Listener): Listener {
    const followed = follow(event, listener)
    const once: Listener = as(listener, function (this: unknown, ...args) {
      emitter.removeListener(event, once)
      return Reflect.apply(followed, this, args)
    })
    return once
  }

  const adder =
    (add: Listener, wrap: (event: EventName, listener: Listener) => Listener) =>
    (event: EventName, listener: unknown): unknown => {
      const followed = typeof listener === 'function' && concerns(event) ? wrap(event, listener as Listener) : listener
      return Reflect.apply(add, emitter, [event, followed])
    }

  const methods = {
    on: adder(on as Listener, follow),
    addListener: adder(on as Listener, follow),
    once: adder(on as Listener, onceOf),
    prependListener: adder(prependListener as Listener, follow),
    prependOnceListener: adder(prependListener as Listener, onceOf),
  }
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(emitter, name, { value, configurable: true, writable: true, enumerable: false })
  }
  for (const event of emitter.eventNames().filter(concerns)) {
    const present = emitter.rawListeners(event)
    emitter.removeAllListeners(event)
    for (const listener of present) emitter.on(event, listener as Listener)
  }
}

/** `listener` is where `off()` of Node's emitters, and `listeners()`, look for what was given to `on()`. */
function as(listener: Listener, wrapped: Listener): Listener {
  return Object.assign(wrapped, { listener })
}

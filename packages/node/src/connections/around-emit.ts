import type { EventEmitter } from 'node:events'

/**
 * Hands every event of `emitter`, its name and its arguments, to `around` in the place of its listeners; `pass` gives them to those.
 * Returns a function that ends it, in whatever order several are ended.
 */
export function aroundEmit(
  emitter: EventEmitter,
  around: (args: unknown[], pass: (args: unknown[]) => boolean) => boolean,
): () => void {
  const own = Object.getOwnPropertyDescriptor(emitter, 'emit')
  const emit = emitter.emit
  const pass = (args: unknown[]): boolean => Reflect.apply(emit, emitter, args)
  let over = false

  function value(...args: unknown[]): boolean {
    return over ? pass(args) : around(args, pass)
  }

  Object.defineProperty(emitter, 'emit', { value, configurable: true, writable: true, enumerable: false })
  return () => {
    over = true
    if (emitter.emit !== value) return
    if (own) Object.defineProperty(emitter, 'emit', own)
    else Reflect.deleteProperty(emitter, 'emit')
  }
}

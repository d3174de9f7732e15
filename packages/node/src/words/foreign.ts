/**
 * What an application threw may be a proxy, or have getters that throw: it is read through these, so that nothing which is told of
 * an error becomes the next one.
 */

/** A property; undefined where there is none, or it cannot be read. */
export function propertyOf(x: unknown, key: PropertyKey): unknown {
  if ((typeof x !== 'object' || x === null) && typeof x !== 'function') return undefined
  return attempt(() => Reflect.get(x, key))
}

/** `instanceof`, for what may be a proxy that does not tell. */
export function isA<T>(x: unknown, type: abstract new (...args: never[]) => T): x is T {
  return attempt(() => x instanceof type) ?? false
}

/** What `read` returns; undefined when it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

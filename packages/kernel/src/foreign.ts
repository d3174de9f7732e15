/**
 * What the kernel was given: values, errors and promises of users. Any of them may be a proxy, a strict mock, or have getters that throw.
 * They are read here and nowhere else, so that none of them keeps the kernel from stopping.
 */

const { then } = Promise.prototype

/** What `read` returns; undefined when it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A property; undefined where there is none, or it cannot be read. */
export function propertyOf(x: unknown, key: PropertyKey): unknown {
  if (!isObject(x)) return undefined
  try {
    return Reflect.get(x, key)
  } catch {
    return undefined
  }
}

/** `instanceof`, for what may be a proxy that does not tell. */
export function isA<T>(x: unknown, type: abstract new (...args: never[]) => T): x is T {
  try {
    return x instanceof type
  } catch {
    return false
  }
}

export function isObject(x: unknown): x is object {
  return (typeof x === 'object' && x !== null) || typeof x === 'function'
}

/**
 * What a hook returned, as a promise where there is something to wait for; undefined for a plain value. It throws where `await` would
 * have rejected.
 */
export function promiseOf(returned: unknown): Promise<unknown> | undefined {
  if (!isObject(returned)) return undefined
  return isPromise(returned) || typeof (returned as { then?: unknown }).then === 'function'
    ? Promise.resolve(returned)
    : undefined
}

/** Follows a promise as `await` does, whatever `then` of its own it has. */
export function follow(
  promise: Promise<unknown>,
  resolved: (value: unknown) => void = NOTHING,
  rejected: (error: unknown) => void = NOTHING,
): void {
  try {
    void then.call(promise, resolved, rejected)
  } catch (error) {
    rejected(error)
  }
}

function isPromise(x: object): boolean {
  try {
    return x instanceof Promise
  } catch {
    return false
  }
}

const NOTHING = () => {}

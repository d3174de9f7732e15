import { revokedProxy, throwingProxy } from './hostile-errors.js'

const boom = () => {
  throw new Error('boom')
}

/** A promise that was given something of its own. */
const promiseWith = (key: string, descriptor: PropertyDescriptor) => Object.defineProperty(Promise.resolve(1), key, descriptor)

class EvilPromise<T> extends Promise<T> {
  override then(): never {
    throw new Error('then throws')
  }
}

/** As mocks and configurations are that fail on what they do not have. */
function strict(): object {
  const known: Record<PropertyKey, unknown> = { ok: 1 }
  return new Proxy(known, {
    get(target, key) {
      if (Reflect.has(target, key) || key === 'then') return target[key]
      throw new TypeError(`there is no ${String(key)}`)
    },
  })
}

/** Revoked as soon as it has been handed over. */
function revokedSoon(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  void Promise.resolve().then(() => Promise.resolve().then(() => Promise.resolve().then(revoke)))
  return proxy
}

/** What a hook can return, by what is wrong with it; made anew for each use. */
export const HOSTILE_VALUES: Readonly<Record<string, () => unknown>> = {
  'a throwing proxy': () => throwingProxy(),
  'a strict proxy': strict,
  'a revoked proxy': revokedProxy,
  'a proxy that is revoked soon': revokedSoon,
  'a proxy without prototype': () => new Proxy({}, { getPrototypeOf: boom }),
  'a class in a throwing proxy': () => throwingProxy(class {}),
  'an unreadable dispose': () => Object.defineProperty({}, Symbol.dispose, { get: boom }),
  'an unreadable asyncDispose': () => Object.defineProperty({}, Symbol.asyncDispose, { get: boom }),
  'a function with an unreadable dispose': () => Object.defineProperty(() => {}, Symbol.dispose, { get: boom }),
  'a dispose that throws': () => ({ [Symbol.dispose]: boom }),
  'a dispose that is no function': () => ({ [Symbol.dispose]: 5 }),
  'an asyncDispose that never ends': () => ({ [Symbol.asyncDispose]: () => new Promise(() => {}) }),
  'an unreadable then': () => Object.defineProperty({}, 'then', { get: boom }),
  'a then that throws': () => Object.defineProperty({}, 'then', { value: boom }),
  'a then that never calls back': () => Object.defineProperty({}, 'then', { value: () => {} }),
  'a then that calls back three times': () =>
    Object.defineProperty({}, 'then', {
      value: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
        resolve(1)
        reject(new Error('late'))
        resolve(2)
      },
    }),
  'an unreadable note': () => Object.defineProperty({}, 'note', { get: boom }),
  'a note of 10 MB': () => ({ note: 'n'.repeat(1e7) }),
  'a promise of a class whose then throws': () => new EvilPromise((resolve) => resolve(1)),
  'a promise with a then of its own that throws': () => promiseWith('then', { value: boom }),
  'a promise with a then of its own that never calls back': () => promiseWith('then', { value: () => {} }),
  'a promise with no then': () => promiseWith('then', { value: undefined }),
  'a promise with an unreadable then': () => promiseWith('then', { get: boom }),
  'a promise with an unreadable constructor': () => promiseWith('constructor', { get: boom }),
  'a promise with an unreadable catch': () => promiseWith('catch', { get: boom }),
  'a promise in a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable(Promise.resolve(1), {})
    revoke()
    return proxy
  },
}

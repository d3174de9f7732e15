import { KeelsonError } from '../index.js'

const boom = () => {
  throw new Error('boom')
}

/** A proxy that tells nothing of itself, and fails for each who asks. */
export const throwingProxy = (target: object = {}) =>
  new Proxy(target, { get: boom, getPrototypeOf: boom, has: boom, ownKeys: boom, getOwnPropertyDescriptor: boom })

export function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const bare = (): object => Object.create(null)

/** An error with a property that was given anything at all. */
const withProperty = (key: string, descriptor: PropertyDescriptor, text = '') =>
  Object.defineProperty(new Error(text), key, descriptor)

const aggregate = (errors: unknown) => Object.assign(new AggregateError([], ''), { errors })

function circular<E extends Error>(error: E): E {
  return Object.assign(error, { cause: error })
}

function wrapsItself(): AggregateError {
  const error = new AggregateError([], '')
  error.errors.push(error)
  return error
}

/** What can be thrown, by what is wrong with it; made anew for each use. */
export const HOSTILE_ERRORS: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'a symbol': () => Symbol('s'),
  'a bigint': () => 10n,
  'an empty string': () => '',
  '10 MB of text': () => 'm'.repeat(1e7),
  'a function': () => () => 'f',
  'an object without prototype': bare,
  'an object whose toString throws': () => ({ toString: boom }),
  'an array of 100,000': () => new Array(1e5).fill('x'),
  'a throwing proxy': () => throwingProxy(),
  'a revoked proxy': revokedProxy,
  'an error in a proxy without prototype': () => new Proxy(new Error('p'), { getPrototypeOf: boom }),
  'an error in a proxy that cannot be read': () => new Proxy(new Error('p'), { get: boom }),
  'an error whose message cannot be read': () => withProperty('message', { get: boom }),
  'an error with a symbol for a message': () => withProperty('message', { value: Symbol('m') }),
  'an error with a bare object for a message': () => withProperty('message', { value: bare() }),
  'an error with an unprintable message': () => withProperty('message', { value: { toString: boom } }),
  'an error with a number for a message': () => withProperty('message', { value: 42 }),
  'an error with a list for a message': () => withProperty('message', { value: new Array(1e5).fill('x') }),
  'an error with 10 MB of message': () => new Error('m'.repeat(1e7)),
  'an error whose name cannot be read': () => withProperty('name', { get: boom }),
  'an error with a symbol for a name': () => withProperty('name', { value: Symbol('n') }),
  'an error with a bare object for a name': () => withProperty('name', { value: bare() }),
  'an error whose stack cannot be read': () => withProperty('stack', { get: boom }, 's'),
  'an error whose code cannot be read': () => withProperty('code', { get: boom }, 'c'),
  'an error whose cause cannot be read': () => withProperty('cause', { get: boom }, 'c'),
  'an error whose toString throws': () => withProperty('toString', { value: boom }, 't'),
  'a frozen error': () => Object.freeze(new Error('frozen')),
  'an error that is its own cause': () => circular(new Error('circular')),
  'a KeelsonError that is its own cause': () => circular(new KeelsonError('CRASHED', 'circular')),
  'a failed dependency that is its own cause': () => circular(new KeelsonError('DEPENDENCY_FAILED', 'circular')),
  'several that cannot be printed': () => aggregate([bare(), Symbol('x'), throwingProxy(), revokedProxy()]),
  'several that are no list': () => aggregate(5),
  'several in a revoked proxy': () => aggregate(revokedProxy()),
  'several that cannot be read': () => Object.defineProperty(new AggregateError([], ''), 'errors', { get: boom }),
  'several that contain themselves': wrapsItself,
}

import { invalidOption } from '../errors.js'

type Check = (value: unknown) => string | undefined

const isFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')
const isObject: Check = (value) => (typeof value === 'object' && value !== null ? undefined : 'must be an object')
const isMs: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'must be a number of milliseconds, 0 or more (Infinity for no limit)'
const isFiniteMs: Check = (value) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? undefined : 'must be a finite number of milliseconds, 0 or more'
const isCount: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1 ? undefined : 'must be a whole number, 1 or more'
const isFactor: Check = (value) =>
  typeof value === 'number' && value >= 1 && value < Infinity ? undefined : 'must be a number, 1 or more'
const isPart: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'must be a number from 0 to 1'
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const isConcurrency: Check = (value) => (value === Infinity ? undefined : isCount(value))
const isImpact: Check = (value) =>
  value === 'unready' || value === 'degraded' || value === 'none' ? undefined : "must be 'unready', 'degraded' or 'none'"
const isLabels: Check = (value) =>
  isObject(value) ??
  (Object.values(value as object).every((label) => typeof label === 'string') ? undefined : 'must map names to strings')
const isName: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty')

const TIMEOUTS = { start: isMs, check: isMs, drain: isMs, stop: isMs }
const MONITOR = { interval: isFiniteMs, failureThreshold: isCount, successThreshold: isCount, history: isCount, gate: isBoolean }
const RESTART = { attempts: isCount, within: isMs, delay: isFiniteMs, factor: isFactor, maxDelay: isFiniteMs, jitter: isPart }
const SHUTDOWN = { delay: isFiniteMs, timeout: isMs }

/** Throws `INVALID_OPTION` for what `resource()` cannot work with. Does not read `dependsOn` and `after`: they are late-bound. */
export function validateResource(name: unknown, options: unknown): void {
  if (typeof name !== 'string' || name === '') {
    throw invalidOption(undefined, 'the name of a resource', `is ${shown(name)}`, 'give resource() a string that is not empty')
  }
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(name, 'its options', 'must be an object', 'pass { start: … }')
  }
  const o = options as Record<string, unknown>
  if (typeof o.start !== 'function') {
    throw invalidOption(name, 'start', 'must be a function', 'add start: () => value to its options')
  }
  for (const key in o) {
    switch (key) {
      case 'start':
      case 'dependsOn':
      case 'after':
        break
      case 'check':
      case 'activate':
      case 'quiesce':
      case 'drain':
      case 'stop':
      case 'kill':
        expect(name, key, o[key], isFunction)
        break
      case 'impact':
        expect(name, key, o[key], isImpact)
        break
      case 'labels':
        expect(name, key, o[key], isLabels)
        break
      case 'timeouts':
        expectAll(name, key, o[key], TIMEOUTS)
        break
      case 'monitor':
        expectAll(name, key, o[key], MONITOR)
        break
      case 'restart':
        expectAll(name, key, o[key], RESTART)
        for (const needed of ['attempts', 'within'] as const) {
          if (o[key] !== undefined && (o[key] as Record<string, unknown>)[needed] === undefined) {
            throw invalidOption(name, `restart.${needed}`, 'is missing', 'say how many restarts are allowed within how many ms')
          }
        }
        break
      default:
        // The fields of a class instance are its own business; a key of a literal that nothing reads is a typing mistake.
        if (isLiteral(o)) throw unknownOption(name, key)
    }
  }
}

/** Throws `INVALID_OPTION` for what `createKernel()` cannot work with. */
export function validateKernelOptions(options: unknown): void {
  expect(undefined, 'its options', options, isObject)
  const o = options as Record<string, unknown>
  expectAll(undefined, 'options', o, {
    name: isName,
    timeouts: isObject,
    shutdown: isObject,
    concurrency: isConcurrency,
    replace: isObject,
    clock: isObject,
  })
  expectAll(undefined, 'timeouts', o.timeouts, TIMEOUTS)
  expectAll(undefined, 'shutdown', o.shutdown, SHUTDOWN)
}

/** Throws `INVALID_OPTION` for what `kernel.defaults()` cannot fill in. */
export function validateKernelDefaults(options: unknown): void {
  const problem = isObject(options)
  if (problem !== undefined) throw invalidOption(undefined, 'its defaults', `are ${shown(options)}`, `they ${problem}`)
  expectAll(undefined, 'options', options, { shutdown: isObject })
  expectAll(undefined, 'shutdown', (options as { shutdown?: unknown }).shutdown, { delay: isFiniteMs })
}

/** Throws `INVALID_OPTION` unless `value` is a function. */
export function validateFunction(resource: string, option: string, value: unknown): void {
  const problem = isFunction(value)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(value)}`, `it ${problem}`)
}

/** Throws `INVALID_OPTION` unless `ms` is a number of milliseconds, 0 or more. */
export function validateMs(resource: string, option: string, ms: unknown): void {
  const problem = isMs(ms)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(ms)}`, `it ${problem}`)
}

function expectAll(resource: string | undefined, option: string, value: unknown, checks: Record<string, Check>): void {
  if (value === undefined) return
  expect(resource, option, value, isObject)
  for (const [key, field] of Object.entries(value as object)) {
    const path = option === 'options' ? key : `${option}.${key}`
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined
    if (check === undefined) throw unknownOption(resource, path)
    expect(resource, path, field, check)
  }
}

function expect(resource: string | undefined, option: string, value: unknown, check: Check): void {
  if (value === undefined) return
  const problem = check(value)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(value)}`, `it ${problem}`)
}

function unknownOption(resource: string | undefined, option: string) {
  return invalidOption(resource, option, 'is not an option', 'check its spelling')
}

function isLiteral(o: object): boolean {
  const prototype = Object.getPrototypeOf(o)
  return prototype === Object.prototype || prototype === null
}

/** Only the kind of a value that may hold a secret. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return value === ''
    ? 'empty'
    : typeof value === 'string'
      ? 'a string'
      : Array.isArray(value)
        ? 'an array'
        : `of type ${typeof value}`
}

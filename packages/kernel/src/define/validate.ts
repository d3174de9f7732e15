import { RESTART as RESTART_DEFAULTS, SHUTDOWN as SHUTDOWN_DEFAULTS } from '../defaults.js'
import { formatMs, invalidOption } from '../errors.js'

type Check = (value: unknown) => string | undefined

const isFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')
const isObject: Check = (value) => (typeof value === 'object' && value !== null ? undefined : 'must be an object')
const isMs: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'must be a number of milliseconds, 0 or more (Infinity for no limit)'
const isFiniteMs: Check = (value) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? undefined : 'must be a finite number of milliseconds, 0 or more'
const isInterval: Check = (value) =>
  typeof value === 'number' && value > 0 && value < Infinity ? undefined : 'must be a finite number of milliseconds, more than 0'
const isWindow: Check = (value) =>
  typeof value === 'number' && value > 0
    ? undefined
    : 'must be a number of milliseconds, more than 0 (Infinity to count every restart)'
const isCount: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1 ? undefined : 'must be a whole number, 1 or more'
const isCountOrInfinity: Check = (value) =>
  value === Infinity || isCount(value) === undefined ? undefined : 'must be a whole number, 1 or more (Infinity for no limit)'
const isFactor: Check = (value) =>
  typeof value === 'number' && value >= 1 && value < Infinity ? undefined : 'must be a number, 1 or more'
const isPart: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'must be a number from 0 to 1'
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const isImpact: Check = (value) =>
  value === 'unready' || value === 'degraded' || value === 'none' ? undefined : "must be 'unready', 'degraded' or 'none'"
const isLabels: Check = (value) =>
  isObject(value) ??
  (Object.values(value as object).every((label) => typeof label === 'string') ? undefined : 'must map names to strings')
const isName: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty')
const isList: Check = (value) =>
  isObject(value) === undefined && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'
    ? undefined
    : 'must be a list, as in [x]'
const isClock: Check = (value) =>
  isObject(value) === undefined &&
  ['now', 'setTimeout', 'clearTimeout'].every((method) => typeof (value as Record<string, unknown>)[method] === 'function')
    ? undefined
    : 'must be an object with the methods now, setTimeout and clearTimeout'

const TIMEOUTS = { start: isMs, check: isMs, drain: isMs, stop: isMs }
const MONITOR = {
  interval: isInterval,
  failureThreshold: isCount,
  successThreshold: isCount,
  history: isCount,
  gate: isBoolean,
}
const RESTART = {
  attempts: isCountOrInfinity,
  within: isWindow,
  delay: isFiniteMs,
  factor: isFactor,
  maxDelay: isFiniteMs,
  jitter: isPart,
}
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
        // What the getters of a class instance say may change until a kernel asks them.
        if (o[key] !== undefined && isLiteral(o) && o.check === undefined) {
          throw invalidOption(name, key, 'is given without a check', 'add a check hook, or leave monitor out')
        }
        break
      case 'restart':
        expectAll(name, key, o[key], RESTART)
        if (o[key] !== undefined) validateRestart(name, o[key] as Record<string, number | undefined>)
        break
      default:
        // The fields of a class instance are its own business; a key of a literal that nothing reads is a typing mistake.
        if (isLiteral(o)) throw unknownOption(name, key)
    }
  }
}

function validateRestart(name: string, restart: Record<string, number | undefined>): void {
  for (const needed of ['attempts', 'within'] as const) {
    if (restart[needed] === undefined) {
      throw invalidOption(name, `restart.${needed}`, 'is missing', 'say how many restarts are allowed within how many ms')
    }
  }
  const { delay, maxDelay = RESTART_DEFAULTS.maxDelay } = restart
  if (delay !== undefined && maxDelay < delay) {
    const problem = `is ${formatMs(maxDelay)}${restart.maxDelay === undefined ? ' by default' : ''}, shorter than restart.delay of ${formatMs(delay)}`
    throw invalidOption(name, 'restart.maxDelay', problem, 'raise it, or lower restart.delay')
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
    concurrency: isCountOrInfinity,
    base: isList,
    replace: isList,
    clock: isClock,
  })
  expectAll(undefined, 'timeouts', o.timeouts, TIMEOUTS)
  expectAll(undefined, 'shutdown', o.shutdown, SHUTDOWN)
  const { delay = SHUTDOWN_DEFAULTS.delay, timeout = SHUTDOWN_DEFAULTS.timeout } = (o.shutdown ?? {}) as Record<string, number>
  if (delay > 0 && delay >= timeout) {
    const problem = `of ${formatMs(delay)} leaves nothing of shutdown.timeout, ${formatMs(timeout)}, so that no hook would be called`
    throw invalidOption(undefined, 'shutdown.delay', problem, 'lower it, or raise shutdown.timeout')
  }
}

/** Throws `INVALID_OPTION` for what `kernel.defaults()` cannot fill in. */
export function validateKernelDefaults(options: unknown): void {
  const problem = isObject(options)
  if (problem !== undefined) throw invalidOption(undefined, 'its defaults', `are ${shown(options)}`, `they ${problem}`)
  expectAll(undefined, 'options', options, { shutdown: isObject })
  expectAll(undefined, 'shutdown', (options as { shutdown?: unknown }).shutdown, { delay: isFiniteMs })
}

/** Throws `INVALID_OPTION` unless there is a reason to cordon a kernel. */
export function validateReason(reason: unknown): void {
  const problem = isName(reason)
  if (problem !== undefined) {
    throw invalidOption(undefined, 'the reason of cordon()', `is ${shown(reason)}`, `say in a few words why, it ${problem}`)
  }
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

import { RESTART as RESTART_DEFAULTS, RETRY as RETRY_DEFAULTS } from '../defaults.js'
import { formatMs, invalidOption } from '../errors.js'
import {
  type Check,
  expect,
  isBoolean,
  isCount,
  isCountOrInfinity,
  isFactor,
  isFiniteMs,
  isFunction,
  isImpact,
  isInterval,
  isLabels,
  isMs,
  isObject,
  isPart,
  isWindow,
  readAll,
  shown,
  TIMEOUTS,
  unknownOption,
} from './checks.js'

const MONITOR = {
  interval: isInterval,
  failureThreshold: isCount,
  successThreshold: isCount,
  history: isCount,
  gate: isBoolean,
  tolerance: isMs,
}
const RETRY = {
  attempts: isCountOrInfinity,
  delay: isFiniteMs,
  factor: isFactor,
  maxDelay: isFiniteMs,
  jitter: isPart,
}
const RESTART = {
  attempts: isCountOrInfinity,
  within: isWindow,
  delay: isFiniteMs,
  factor: isFactor,
  maxDelay: isFiniteMs,
  jitter: isPart,
}
/** The name and the object that `resource()`, or another `maker`, was given, or `INVALID_OPTION`; `needed` is what these must hold. */
export function validateNamed(name: unknown, options: unknown, maker: 'resource' | 'task' | 'subgraph', needed: string): void {
  if (typeof name !== 'string' || name === '') {
    const problem = `is ${shown(name)}`
    throw invalidOption(undefined, `the name of a ${maker}`, problem, `give ${maker}() a string that is not empty`)
  }
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(name, 'its options', 'must be an object', `pass { ${needed}: … }`)
  }
}

/**
 * Reads the options of a resource, each once, into a copy that nobody else has; throws `INVALID_OPTION` for what it cannot work with. Not
 * `dependsOn` and `after`: they are late-bound.
 */
export function readOptions(name: string, given: object): Readonly<Record<string, unknown>> {
  const o = given as Readonly<Record<string, unknown>>
  const kept: Record<string, unknown> = {}
  for (const key in o) {
    if (key === 'dependsOn' || key === 'after') continue
    const read = READERS.get(key)
    if (read === undefined) throw unknownOption(name, key)
    const value = o[key]
    if (value !== undefined) kept[key] = read(name, key, value)
  }
  if (kept.start === undefined) readStart(name, 'start', undefined)
  if (kept.monitor !== undefined && kept.check === undefined && needsCheck(kept.monitor)) {
    throw invalidOption(name, 'monitor', 'is given without a check', 'add a check hook, or leave monitor out')
  }
  return kept
}

/** The same for an instance of a class, whose other fields are its own business: what it offers, by its name. */
export function readOffered(name: string, offered: (key: string) => unknown): Readonly<Record<string, unknown>> {
  const kept: Record<string, unknown> = {}
  for (const [key, read] of READERS) {
    const value = offered(key)
    if (value !== undefined) kept[key] = read(name, key, value)
  }
  if (kept.start === undefined) readStart(name, 'start', undefined)
  return kept
}

type Reader = (resource: string, key: string, value: unknown) => unknown

function readStart(name: string, key: string, value: unknown): unknown {
  if (typeof value === 'function') return value
  throw invalidOption(name, key, 'must be a function', 'add start: () => value to its options')
}

function readWith(check: Check): Reader {
  return (name, key, value) => {
    expect(name, key, value, check)
    return value
  }
}

function readFields(checks: Readonly<Record<string, Check>>): Reader {
  return (name, key, value) => readAll(name, key, value, checks)
}

function readLabels(name: string, key: string, labels: unknown): unknown {
  const copy = isObject(labels) === undefined ? Object.freeze({ ...(labels as object) }) : labels
  expect(name, key, copy, isLabels)
  return copy
}

function readRestart(name: string, key: string, given: unknown): unknown {
  const restart = readAll(name, key, given, RESTART)!
  validateRestart(name, restart as Record<string, number | undefined>)
  return restart
}

function readRetry(name: string, key: string, given: unknown): unknown {
  if (given === true) return true
  const problem = isObject(given)
  if (problem !== undefined) throw invalidOption(name, key, `is ${shown(given)}`, `it ${problem}, or true for the defaults`)
  const retry = readAll(name, key, given, RETRY)!
  validateDelays(name, key, retry as Record<string, number | undefined>, RETRY_DEFAULTS.maxDelay)
  return retry
}

/** Everything that a resource can be given, but for `dependsOn` and `after`. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['start', readStart],
  ...['check', 'activate', 'quiesce', 'drain', 'stop', 'kill'].map((hook) => [hook, readWith(isFunction)] as const),
  ['impact', readWith(isImpact)],
  ['labels', readLabels],
  ['timeouts', readFields(TIMEOUTS)],
  ['monitor', readFields(MONITOR)],
  ['restart', readRestart],
  ['retry', readRetry],
  ['shared', readWith(isBoolean)],
])

function validateRestart(name: string, restart: Record<string, number | undefined>): void {
  for (const needed of ['attempts', 'within'] as const) {
    if (restart[needed] === undefined) {
      throw invalidOption(name, `restart.${needed}`, 'is missing', 'say how many restarts are allowed within how many ms')
    }
  }
  validateDelays(name, 'restart', restart, RESTART_DEFAULTS.maxDelay)
}

function validateDelays(name: string, option: string, given: Record<string, number | undefined>, longest: number): void {
  // A delay that is not given is cut to what is.
  const { delay = 0, maxDelay = longest } = given
  if (maxDelay >= delay) return
  const byDefault = given.maxDelay === undefined ? ' by default' : ''
  const problem = `is ${formatMs(maxDelay)}${byDefault}, shorter than ${option}.delay of ${formatMs(delay)}`
  throw invalidOption(name, `${option}.maxDelay`, problem, `raise it, or lower ${option}.delay`)
}

/** Health that a resource pushes has a tolerance, too. */
function needsCheck(monitor: unknown): boolean {
  return Object.entries(monitor as object).some(([key, value]) => key !== 'tolerance' && value !== undefined)
}

/** Whether it is written as `{ … }`, and no instance of a class. */
export function isLiteral(o: object): boolean {
  const prototype = Object.getPrototypeOf(o)
  return prototype === Object.prototype || prototype === null
}

import { invalidOption } from '../errors.js'

export type Check = (value: unknown) => string | undefined

export const isFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')
export const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object'
export const isMs: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'must be a number of milliseconds, 0 or more (Infinity for no limit)'
export const isFiniteMs: Check = (value) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? undefined : 'must be a finite number of milliseconds, 0 or more'
export const isInterval: Check = (value) =>
  typeof value === 'number' && value > 0 && value < Infinity ? undefined : 'must be a finite number of milliseconds, more than 0'
export const isWindow: Check = (value) =>
  typeof value === 'number' && value > 0
    ? undefined
    : 'must be a number of milliseconds, more than 0 (Infinity to count every restart)'
export const isCount: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1 ? undefined : 'must be a whole number, 1 or more'
export const isCountOrInfinity: Check = (value) =>
  value === Infinity || isCount(value) === undefined ? undefined : 'must be a whole number, 1 or more (Infinity for no limit)'
export const isFactor: Check = (value) =>
  typeof value === 'number' && value >= 1 && value < Infinity ? undefined : 'must be a number, 1 or more'
export const isPart: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'must be a number from 0 to 1'
export const isLate: Check = (value) => (value === 'ignore' || value === 'restart' ? undefined : "must be 'ignore' or 'restart'")
export const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
/** One of a few words. */
export function oneOf(...words: readonly string[]): Check {
  const all = words.map((word) => `'${word}'`)
  return (value) => (words.includes(value as string) ? undefined : `must be ${all.slice(0, -1).join(', ')} or ${all.at(-1)}`)
}

export const isImpact: Check = oneOf('unready', 'degraded', 'none')
export const isLabels: Check = (value) =>
  isObject(value) ??
  (Object.values(value as object).every((label) => typeof label === 'string') ? undefined : 'must map names to strings')
export const isName: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty'
export const isList: Check = (value) =>
  typeof value === 'object' && typeof (value as Iterable<unknown> | null)?.[Symbol.iterator] === 'function'
    ? undefined
    : 'must be a list, as in [x]'
export const isClock: Check = (value) =>
  isObject(value) === undefined &&
  ['now', 'setTimeout', 'clearTimeout'].every((method) => typeof (value as Record<string, unknown>)[method] === 'function')
    ? undefined
    : 'must be an object with the methods now, setTimeout and clearTimeout'

export const TIMEOUTS = { start: isMs, check: isMs, drain: isMs, stop: isMs }

/** A frozen copy of what is given, each key read once. */
export function readAll(
  resource: string | undefined,
  option: string,
  given: unknown,
  checks: Readonly<Record<string, Check>>,
): Readonly<Record<string, unknown>> | undefined {
  if (given === undefined) return undefined
  expect(resource, option, given, isObject)
  const pathTo = (key: string) => (option === 'options' ? key : `${option}.${key}`)
  for (const key of Object.keys(given as object)) if (!Object.hasOwn(checks, key)) throw unknownOption(resource, pathTo(key))
  const copy: Record<string, unknown> = {}
  for (const [key, check] of Object.entries(checks)) {
    const value = (given as Record<string, unknown>)[key]
    if (value === undefined) continue
    expect(resource, pathTo(key), value, check)
    copy[key] = value
  }
  return Object.freeze(copy)
}

export function expect(resource: string | undefined, option: string, value: unknown, check: Check): void {
  if (value === undefined) return
  const problem = check(value)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(value)}`, `it ${problem}`)
}

export function unknownOption(resource: string | undefined, option: string) {
  return invalidOption(resource, option, 'is not an option', 'check its spelling')
}

/** Only the kind of a value that may hold a secret. */
export function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return value === ''
    ? 'empty'
    : typeof value === 'string'
      ? 'a string'
      : Array.isArray(value)
        ? 'an array'
        : `of type ${typeof value}`
}

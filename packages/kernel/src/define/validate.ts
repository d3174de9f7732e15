import { SHUTDOWN as SHUTDOWN_DEFAULTS } from '../defaults.js'
import { formatMs, fromCaller, invalidOption, type KeelsonError } from '../errors.js'
import { propertyOf } from '../foreign.js'
import {
  expect,
  isClock,
  isCountOrInfinity,
  isFiniteMs,
  isFunction,
  isLate,
  isList,
  isMs,
  isName,
  isObject,
  readAll,
  shown,
  TIMEOUTS,
} from './checks.js'

const SHUTDOWN = { delay: isFiniteMs, timeout: isMs }
const KERNEL = {
  name: isName,
  timeouts: isObject,
  shutdown: isObject,
  concurrency: isCountOrInfinity,
  base: isList,
  replace: isList,
  clock: isClock,
}

/** Reads what `createKernel()` was given, each option once; throws `INVALID_OPTION` for what it cannot work with. */
export function readKernelOptions(options: unknown): Readonly<Record<string, unknown>> {
  expect(undefined, 'its options', options ?? null, isObject)
  const { timeouts, shutdown, ...rest } = readAll(undefined, 'options', options, KERNEL)!
  const o = {
    ...rest,
    timeouts: readAll(undefined, 'timeouts', timeouts, TIMEOUTS),
    shutdown: readAll(undefined, 'shutdown', shutdown, SHUTDOWN),
  }
  const { delay = SHUTDOWN_DEFAULTS.delay, timeout = SHUTDOWN_DEFAULTS.timeout } = (o.shutdown ?? {}) as Record<string, number>
  if (delay > 0 && delay >= timeout) {
    const problem = `of ${formatMs(delay)} leaves nothing of shutdown.timeout, ${formatMs(timeout)}, so that no hook would be called`
    throw invalidOption(undefined, 'shutdown.delay', problem, 'lower it, or raise shutdown.timeout')
  }
  return o
}

/** Reads what `kernel.defaults()` fills in of a shutdown, or throws `INVALID_OPTION`. */
export function readKernelDefaults(options: unknown): { readonly delay?: number; readonly timeout?: number } {
  const problem = isObject(options)
  if (problem !== undefined) throw invalidOption(undefined, 'its defaults', `are ${shown(options)}`, `they ${problem}`)
  const { shutdown } = readAll(undefined, 'options', options, { shutdown: isObject })!
  return readAll(undefined, 'shutdown', shutdown, SHUTDOWN) ?? {}
}

/** Throws `INVALID_OPTION` unless there is a reason to cordon a kernel. */
export function validateReason(reason: unknown): void {
  const problem = isName(reason)
  if (problem !== undefined) {
    throw invalidOption(undefined, 'the reason of cordon()', `is ${shown(reason)}`, `say in a few words why, it ${problem}`)
  }
}

/** Throws `INVALID_OPTION` unless `value` is a function. */
export function validateFunction(resource: string | undefined, option: string, value: unknown): void {
  const problem = isFunction(value)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(value)}`, `it ${problem}`)
}

/** Throws `INVALID_OPTION` unless `value` is a string with something in it. */
export function validateName(resource: string, option: string, value: unknown): void {
  const problem = isName(value)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(value)}`, `it ${problem}`)
}

/** What `ctx.track()` cannot wait for. */
export function notWork(resource: string, work: unknown, returned: boolean): KeelsonError {
  const problem = returned ? `returned ${shown(work)}, not a promise` : `is ${shown(work)}`
  return invalidOption(
    resource,
    'ctx.track(label, work)',
    `got work that ${problem}`,
    'pass a promise, or a function that returns one',
  )
}

/** Throws `INVALID_OPTION` unless `ms` is a number of milliseconds, 0 or more. */
export function validateMs(resource: string, option: string, ms: unknown): void {
  const problem = isMs(ms)
  if (problem !== undefined) throw invalidOption(resource, option, `is ${shown(ms)}`, `it ${problem}`)
}

/** Throws `INVALID_OPTION` for what `optional()` cannot work with. */
export function validateLate(options: unknown): void {
  const problem = isObject(options)
  if (problem !== undefined)
    throw invalidOption(undefined, 'optional(x, options)', `has options ${shown(options)}`, `they ${problem}`)
  readAll(undefined, 'optional(x, options)', options, { late: isLate })
}

/** Throws `INVALID_OPTION`, as from the caller of `asked`, unless that was given a kernel. */
export function validateKernel(asked: (kernel: never) => unknown, name: string, kernel: unknown): void {
  if (typeof propertyOf(kernel, 'on') === 'function') return
  throw fromCaller(asked, invalidOption(undefined, `${name}(kernel)`, 'got no kernel', 'pass what createKernel() returned'))
}

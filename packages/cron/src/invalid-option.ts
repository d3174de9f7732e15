import { KeelsonError } from '@keelson/kernel'

/** An option that cannot be used: what is wrong with it, and what to do. */
export function invalidOption(resource: string, option: string, problem: string, remedy: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${resource}": ${option} ${problem}; ${remedy}`, {
    resource,
    details: { option },
  })
}

/** @throws KeelsonError `INVALID_OPTION` unless a value is absent or a number of milliseconds from `least` on. */
export function checkMs(resource: string, option: string, value: unknown, least = 0): void {
  if (value === undefined || (typeof value === 'number' && value >= least)) return
  const range = least === 0 ? '0 or more' : `${least} or more`
  throw invalidOption(resource, option, `is ${shown(value)}`, `pass milliseconds, ${range}`)
}

/** @throws KeelsonError `INVALID_OPTION` unless a value is absent or one of these. */
export function checkOneOf(resource: string, option: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value as string)) return
  throw invalidOption(resource, option, `is ${shown(value)}`, `pass one of ${allowed.map((one) => `'${one}'`).join(', ')}`)
}

/** @throws KeelsonError `INVALID_OPTION` unless a value is a function; absent is one only where that is allowed. */
export function checkFunction(resource: string, option: string, value: unknown, needed = false): void {
  if (typeof value === 'function' || (value === undefined && !needed)) return
  throw invalidOption(resource, option, `is ${shown(value)}`, 'pass a function')
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 100)}'`
  return typeof value === 'number' || value === undefined || value === null ? String(value) : `of type ${typeof value}`
}

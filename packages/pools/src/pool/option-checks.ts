import { KeelsonError } from '@keelson/kernel'

/** @throws KeelsonError `INVALID_OPTION` for options that are no object, or that hold something else than they may. */
export function checkOptions(name: string, options: unknown, kinds: Readonly<Record<string, 'function' | 'object'>> = {}): void {
  if (typeof options !== 'object' || options === null) throw invalid(name, 'options', 'its options must be an object')
  for (const [key, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[key]
    const what = kind === 'function' ? 'a function' : 'an object'
    check(name, key, value === undefined || (typeof value === kind && value !== null), what)
  }
}

/** @throws KeelsonError `INVALID_OPTION` unless it is a number of milliseconds, 0 or more; `Infinity` is one. */
export function checkMs(name: string, option: string, value: unknown): void {
  check(name, option, typeof value === 'number' && value >= 0, 'a number of milliseconds, 0 or more')
}

/** @throws KeelsonError `INVALID_OPTION` unless it is a number of milliseconds above 0; `Infinity` is one. */
export function checkPositiveMs(name: string, option: string, value: unknown): void {
  check(name, option, typeof value === 'number' && value > 0, 'a number of milliseconds')
}

/** @throws KeelsonError `INVALID_OPTION` unless it is a whole number, 1 or more. */
export function checkCount(name: string, option: string, value: unknown): void {
  check(name, option, Number.isInteger(value) && (value as number) >= 1, 'a whole number, 1 or more')
}

/** @throws KeelsonError `INVALID_OPTION` unless `ok`; `what` completes "must be". */
export function check(name: string, option: string, ok: boolean, what: string): void {
  if (!ok) throw invalid(name, option, `${option} must be ${what}`)
}

export function invalid(name: string, option: string, text: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${text}`, { resource: name, details: { option } })
}

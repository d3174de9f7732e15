import { KeelsonError, type Kernel } from '@keelson/kernel'

/** What is wrong with the value of an option, or undefined. */
export type Checks<O> = { readonly [K in keyof Required<O>]: (value: unknown) => string | undefined }

/** Throws `INVALID_OPTION` for what is no kernel, and for options that are none or have a value that is none. `called`: `instrument()`. */
export function assertArguments<O extends object>(called: string, kernel: Kernel, options: O, checks: Checks<O>): void {
  assertKernel(called, kernel)
  if (typeof options !== 'object' || options === null) throw invalid(called, 'the options', 'must be an object')
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, key) ? checks[key as keyof O] : undefined
    if (check === undefined) throw invalid(called, key, `is not an option; there are ${Object.keys(checks).join(', ')}`)
    const problem = value === undefined ? undefined : check(value)
    if (problem !== undefined) throw invalid(called, key, problem)
  }
}

/** Throws `INVALID_OPTION` for what is no kernel. */
export function assertKernel(called: string, kernel: Kernel): void {
  if (hasMethods(kernel, 'inspect', 'on', 'off', 'wrapHooks')) return
  throw invalid(called, 'its first argument', 'must be a kernel; pass what createKernel() returned')
}

export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function')
}

export function invalid(called: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `${called}: ${option} ${problem}`, { details: { option } })
}

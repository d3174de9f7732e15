import { KeelsonError } from '@keelson/kernel'

/** Says what is wrong with a value, or nothing when it is fine. `undefined` is never asked about: it means "not given". */
export type Check = (value: unknown) => string | undefined

/**
 * Throws `INVALID_OPTION` for a key that no check knows and for a value that its check rejects. `where` says whose options they
 * are, `prefix` where among them.
 */
export function checkOptions(where: Where, prefix: string, options: unknown, checks: Readonly<Record<string, Check>>): void {
  if (!isObject(options))
    throw invalidOption(where, prefix.slice(0, -1) || 'the options', `must be an object, not ${kindOf(options)}`)
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined
    if (check === undefined) {
      const known = Object.keys(checks).map((name) => prefix + name)
      throw invalidOption(where, prefix + key, `is not an option; there are ${known.join(', ')}`)
    }
    const problem = value === undefined ? undefined : check(value)
    if (problem !== undefined) throw invalidOption(where, prefix + key, problem)
  }
}

/** Whose options: `text` begins the message, `resource` is set when they belong to one. */
export interface Where {
  readonly text: string
  readonly resource?: string
}

export function invalidOption(where: Where, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `${where.text}: ${option} ${problem}`, {
    resource: where.resource,
    details: { option },
  })
}

export const isFunction: Check = (value) => must(typeof value === 'function', 'be a function', value)
export const isBoolean: Check = (value) => must(typeof value === 'boolean', 'be true or false', value)
export const isHost: Check = (value) => must(typeof value === 'string' && value !== '', 'be a host name or address', value)
export const isMs: Check = (value) =>
  must(typeof value === 'number' && value >= 0, 'be a number of milliseconds, 0 or more (Infinity for no limit)', value)
export const isPort: Check = (value) =>
  typeof value === 'string'
    ? 'must be a number, not a string; write Number(…) around it'
    : must(
        Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
        'be a whole number from 0 to 65535',
        value,
      )
/** For what somebody else checks: the kernel, or Node. */
export const isAnything: Check = () => undefined

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The kind of a value, and never a text, which may be a secret. */
export function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function must(ok: boolean, be: string, value: unknown): string | undefined {
  return ok ? undefined : `must ${be}, not ${kindOf(value)}`
}

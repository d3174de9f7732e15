/** @throws Error unless `ok`; `what` completes "must be". */
export function check(where: string, option: string, ok: boolean, what: string): void {
  if (!ok) throw new Error(`${where}: ${option} must be ${what}`)
}

/** @throws Error unless it is left out, or a number of milliseconds that a timer can count. */
export function checkMs(where: string, option: string, value: unknown, least: number): void {
  const ok = value === undefined || (typeof value === 'number' && value >= least && value < 2 ** 31)
  check(where, option, ok, `a number of milliseconds, ${least} or more`)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

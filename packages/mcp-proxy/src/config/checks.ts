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

/** @throws Error for a field that nobody reads: a misspelled one would leave a door open. */
export function checkFields(where: string, fields: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const other = Object.keys(fields).find((key) => !known.includes(key))
  if (other !== undefined) throw new Error(`${where}: there is no "${other}"; it may have ${known.join(', ')}`)
}

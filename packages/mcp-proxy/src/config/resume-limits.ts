import { check, checkFields, checkMs, isObject } from './checks.js'

/** How much of what clients are told is kept, for those whose connection breaks. */
export interface ResumeLimits {
  /** For how long, in ms; default 300_000. */
  readonly age: number
  /** Events of one stream; default 1_000. */
  readonly streamEvents: number
  /** Bytes of one stream; default 4 MiB. An answer that is longer is not kept, but that it is not. */
  readonly streamBytes: number
  /** Events of all clients together; default 100_000. */
  readonly events: number
  /** Bytes of all clients together; default 64 MiB. */
  readonly bytes: number
}

const MIB = 1024 * 1024
export const RESUME: ResumeLimits = {
  age: 300_000,
  streamEvents: 1_000,
  streamBytes: 4 * MIB,
  events: 100_000,
  bytes: 64 * MIB,
}

/**
 * `http.resume`: true, or other limits than those by default.
 *
 * @throws Error that says what cannot be meant.
 */
export function resumeLimits(where: string, written: unknown): ResumeLimits | undefined {
  if (written === undefined || written === false) return undefined
  if (written === true) return RESUME
  check(where, 'resume', isObject(written), 'true, false, or an object such as { "age": 60000 }')
  const fields = written as Record<string, unknown>
  checkFields(`${where}.resume`, fields, Object.keys(RESUME))
  checkMs(`${where}.resume`, 'age', fields.age, 1)
  for (const key of ['streamEvents', 'streamBytes', 'events', 'bytes']) {
    const value = fields[key]
    const isCount = value === undefined || (Number.isInteger(value) && (value as number) >= 1)
    check(`${where}.resume`, key, isCount, 'a whole number, 1 or more')
  }
  return { ...RESUME, ...fields } as ResumeLimits
}

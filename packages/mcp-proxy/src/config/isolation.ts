import { check, checkMs } from './checks.js'

/** Of a server with `isolated: true`: every client has a session with it that is its own. */
export interface Isolation {
  /** How many clients may have one at once; default 16. */
  readonly maxSessions: number
  /** After so long without a call, in ms, the session of a client is ended until it is used again; default 600_000. */
  readonly idle: number
}

const MAX_SESSIONS = 16
const IDLE = 600_000

/** @throws Error for what cannot be meant; limits are for what is isolated. */
export function isolationOf(where: string, written: Readonly<Record<string, unknown>>): Isolation | undefined {
  const { isolated = false, maxSessions, idle } = written
  check(where, 'isolated', typeof isolated === 'boolean', 'true or false, without quotes')
  const limit = maxSessions === undefined ? 'idle' : 'maxSessions'
  if (isolated === false && (maxSessions !== undefined || idle !== undefined)) {
    throw new Error(`${where}: ${limit} is for servers with "isolated": true`)
  }
  const isCount = maxSessions === undefined || (Number.isInteger(maxSessions) && (maxSessions as number) >= 1)
  check(where, 'maxSessions', isCount, 'a whole number, 1 or more')
  checkMs(where, 'idle', idle, 1)
  if (isolated === false) return undefined
  return { maxSessions: (maxSessions as number | undefined) ?? MAX_SESSIONS, idle: (idle as number | undefined) ?? IDLE }
}

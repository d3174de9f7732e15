/** What the shop reads from its environment. */
export interface Config {
  readonly port: number
  readonly probePort: number
  /** A real MongoDB; without it the shop runs on an embedded stand-in and forgets its orders when it stops. */
  readonly mongoUrl: string | undefined
  /** Requests that one client may make per second. */
  readonly requestsPerSecond: number
}

export function configFrom(env: NodeJS.ProcessEnv): Config {
  return {
    port: numberFrom(env, 'PORT', 3000, 65_535),
    probePort: numberFrom(env, 'PROBE_PORT', 9000, 65_535),
    mongoUrl: env.MONGO_URL || undefined,
    requestsPerSecond: numberFrom(env, 'REQUESTS_PER_SECOND', 50, 1_000_000),
  }
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, fallback: number, most: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= most) return number
  throw new Error(`${name} must be a whole number from 0 to ${most}, but it is "${text}"`)
}

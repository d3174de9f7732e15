/** What the shop reads from its environment. */
export interface Config {
  readonly port: number
  readonly probePort: number
  /** A real MongoDB; without it the shop runs on an embedded stand-in and forgets its orders when it stops. */
  readonly mongoUrl: string | undefined
  /** A Redis that all replicas use as their cache; without it each keeps its own in memory. */
  readonly redisUrl: string | undefined
  /** Requests that one client may make per second. */
  readonly requestsPerSecond: number
  /** How long it goes on as usual after a signal, in ms, until the load balancer has seen it unready. */
  readonly shutdownDelay: number | undefined
}

export function configFrom(env: NodeJS.ProcessEnv): Config {
  return {
    port: numberFrom(env, 'PORT', 3000, 65_535),
    probePort: numberFrom(env, 'PROBE_PORT', 9000, 65_535),
    mongoUrl: env.MONGO_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    requestsPerSecond: numberFrom(env, 'REQUESTS_PER_SECOND', 50, 1_000_000),
    shutdownDelay: env.SHUTDOWN_DELAY ? numberFrom(env, 'SHUTDOWN_DELAY', 0, 3_600_000) : undefined,
  }
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, fallback: number, most: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= most) return number
  throw new Error(`${name} must be a whole number from 0 to ${most}, but it is "${text}"`)
}

/** What the service reads from its environment. */
export interface Config {
  readonly port: number
  readonly probePort: number
  readonly databaseUrl: string
  readonly redisUrl: string
  /** When orders are looked for that nobody has confirmed. */
  readonly sweepAt: string
  /** How long nobody sweeps after the replica that did has vanished, in ms. */
  readonly lease: number
  /** How long it goes on as usual after a signal, in ms, until the load balancer has seen it unready; what the platform asks for unless it is set. */
  readonly shutdownDelay: number | undefined
  /** Whether there is a collector for spans and metrics. */
  readonly otlp: boolean
  /** Where Prometheus asks for `/metrics`; nowhere unless it is set. */
  readonly metricsPort: number | undefined
}

export function configFrom(env: NodeJS.ProcessEnv): Config {
  return {
    port: numberFrom(env, 'PORT', 3000),
    probePort: numberFrom(env, 'PROBE_PORT', 9000),
    databaseUrl: textFrom(env, 'DATABASE_URL'),
    redisUrl: textFrom(env, 'REDIS_URL'),
    sweepAt: env.SWEEP_AT || '*/30 * * * * *',
    lease: numberFrom(env, 'LEASE', 30_000),
    shutdownDelay: env.SHUTDOWN_DELAY ? numberFrom(env, 'SHUTDOWN_DELAY', 0) : undefined,
    otlp: Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT),
    metricsPort: env.METRICS_PORT ? numberFrom(env, 'METRICS_PORT', 0) : undefined,
  }
}

function textFrom(env: NodeJS.ProcessEnv, name: string): string {
  const text = env[name]
  if (text) return text
  throw new Error(`${name} is missing: npm run orders sets it, with servers of its own`)
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name]
  if (!text) return fallback
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0) return number
  throw new Error(`${name} must be a whole number, but it is "${text}"`)
}

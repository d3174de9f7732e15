import { KeelsonError } from '@keelson/kernel'

/** The numbers among a monitor's options; times are in ms. */
export interface MonitorSettings {
  /** Milliseconds from the end of one check to the start of the next; default 30_000, or `CONTAINER_HEALTH_CHECK_INTERVAL` in seconds. */
  interval: number
  /** Milliseconds that each request of a check may take, not counting its wait for a free slot; default 10_000, or `CONTAINER_HEALTH_TIMEOUT` in seconds. */
  timeout: number
  /** Consecutive failures before a restart; default 3, or `CONTAINER_FAILURE_THRESHOLD`. */
  failureThreshold: number
  /** Restarts within `restartWindow` before a container is given up; 0 for none; default 3, or `CONTAINER_MAX_RESTART_ATTEMPTS`. */
  restartAttempts: number
  /** Milliseconds before each restart; default 5_000, or `CONTAINER_RESTART_DELAY` in seconds. */
  restartDelay: number
  /** Milliseconds within which restarts count; default 600_000, or twice the time that all attempts take if that is longer. */
  restartWindow: number
  /** Milliseconds that records of a container are kept, 10_000 of them at most; default 3_600_000. */
  keepHistory: number
}

type Kind = 'time' | 'span' | 'count' | 'attempts'

interface Rule {
  readonly kind: Kind
  readonly fallback: number
  /** The environment variable: seconds for times. */
  readonly variable?: string
}

const RULES: Readonly<Record<Exclude<keyof MonitorSettings, 'restartWindow'>, Rule>> = {
  interval: { kind: 'time', fallback: 30_000, variable: 'CONTAINER_HEALTH_CHECK_INTERVAL' },
  timeout: { kind: 'time', fallback: 10_000, variable: 'CONTAINER_HEALTH_TIMEOUT' },
  failureThreshold: { kind: 'count', fallback: 3, variable: 'CONTAINER_FAILURE_THRESHOLD' },
  restartAttempts: { kind: 'attempts', fallback: 3, variable: 'CONTAINER_MAX_RESTART_ATTEMPTS' },
  restartDelay: { kind: 'span', fallback: 5_000, variable: 'CONTAINER_RESTART_DELAY' },
  keepHistory: { kind: 'time', fallback: 3_600_000 },
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Settings from options, else from the environment, else the defaults.
 *
 * @throws KeelsonError `INVALID_OPTION` that names the option or the variable.
 */
export function monitorSettings(name: string, given: Partial<MonitorSettings>, environment: Environment): MonitorSettings {
  const settings = {} as MonitorSettings
  for (const [option, rule] of Object.entries(RULES) as [keyof typeof RULES, Rule][]) {
    settings[option] =
      given[option] === undefined ? fromEnvironment(name, rule, environment) : check(name, option, rule.kind, given[option])
  }
  const { interval, timeout, failureThreshold, restartAttempts, restartDelay } = settings
  const allAttempts = Math.max(1, restartAttempts) * (failureThreshold * (interval + timeout) + restartDelay)
  settings.restartWindow =
    given.restartWindow === undefined
      ? Math.max(600_000, 2 * allAttempts)
      : check(name, 'restartWindow', 'time', given.restartWindow)
  return settings
}

function fromEnvironment(name: string, { kind, fallback, variable }: Rule, environment: Environment): number {
  const text = variable === undefined ? undefined : environment[variable]
  if (variable === undefined || text === undefined || text.trim() === '') return fallback
  const seconds = kind === 'time' || kind === 'span'
  const value = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN
  if (!KINDS[kind].fits(value)) {
    throw invalid(
      name,
      variable,
      `is ${JSON.stringify(text)}; it must be ${seconds ? KINDS[kind].text.replace('milliseconds', 'seconds') : KINDS[kind].text}`,
    )
  }
  return seconds ? value * 1000 : value
}

const KINDS: Readonly<Record<Kind, { fits(value: number): boolean; text: string }>> = {
  time: { fits: (value) => value > 0 && value < Infinity, text: 'a number of milliseconds above 0' },
  span: { fits: (value) => value >= 0 && value < Infinity, text: 'a number of milliseconds, 0 or more' },
  count: { fits: (value) => Number.isInteger(value) && value >= 1, text: 'a whole number, 1 or more' },
  attempts: { fits: (value) => Number.isInteger(value) && value >= 0, text: 'a whole number, 0 or more' },
}

function check(name: string, option: string, kind: Kind, value: unknown): number {
  if (typeof value === 'number' && KINDS[kind].fits(value)) return value
  throw invalid(
    name,
    option,
    `is ${typeof value === 'number' ? value : `of type ${typeof value}`}; it must be ${KINDS[kind].text}`,
  )
}

export function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `container monitor "${name}": ${option} ${problem}`, {
    resource: name,
    details: { option },
  })
}

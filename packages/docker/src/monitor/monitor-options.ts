import type { Clock, Impact, Kernel, Resource } from '@keelson/kernel'
import type { ContainerInfo } from '../container/container-info.js'
import { type OwnProbe, probeProblem } from '../container/own-probe.js'
import type { AnyDocker } from '../engine/docker-like.js'
import { checkOutlets, type OutletOptions } from '../report/outlets.js'
import { invalid, type MonitorSettings } from '../watch/monitor-settings.js'
import type { SessionChange } from '../watch/sessions.js'

export interface ContainerMonitorOptions extends Partial<MonitorSettings>, OutletOptions {
  /** A `dockerEngine()`. */
  engine: Resource<AnyDocker>
  /** The kernel that runs this monitor: `() => kernel`. Containers are added to it, as soon as it runs and this gives it. */
  kernel: () => Kernel
  /** Docker's own filters, such as `{ label: ['app=worker'] }`; `{}` is every container of the engine. What matches is restarted when it fails. */
  filters: Readonly<Record<string, readonly string[]>>
  /** Groups containers into sessions: those for which it returns the same string. Default no sessions. */
  sessionOf?: (container: ContainerInfo) => string | undefined
  /** Called at every change of a session's status. Its error becomes a `problem` event; a promise is not awaited. */
  onSessionChange?: (change: SessionChange) => unknown
  /**
   * What a container must answer besides being up, or a function of the container that returns it; called again when the container's
   * addresses or ports have changed. An invalid probe from a function becomes a `problem` event, and the container is watched without.
   */
  probe?: OwnProbe | ((container: ContainerInfo) => OwnProbe | undefined)
  /**
   * The name by which containers say who restarts them: one whose label `keelson.owner` has another is watched, and never restarted from
   * here. Default the name of the monitor. One without the label is restarted by every monitor that it matches.
   */
  owner?: string
  /** What a failure of a container, or of the monitor, means for the kernel; default `'degraded'`. */
  impact?: Impact
  /** What times are measured by; pass the clock that `createKernel()` gets. Default the system's clock. */
  clock?: Clock
}

const NUMBERS: ReadonlySet<string> = new Set<keyof MonitorSettings>([
  'interval',
  'timeout',
  'failureThreshold',
  'restartAttempts',
  'restartDelay',
  'restartWindow',
  'keepHistory',
])

const OTHERS: ReadonlySet<string> = new Set<Exclude<keyof ContainerMonitorOptions, keyof MonitorSettings>>([
  'engine',
  'kernel',
  'filters',
  'sessionOf',
  'onSessionChange',
  'probe',
  'owner',
  'audit',
  'alerts',
  'impact',
  'clock',
])

const EXAMPLE = "pass for example { label: ['app=worker'] }, or {} for every container of the engine"

/**
 * Returns the numbers among the options, which are looked at with the environment.
 *
 * @throws KeelsonError `INVALID_OPTION` for anything else that cannot be meant.
 */
export function checkMonitorOptions(name: string, options: ContainerMonitorOptions): Partial<MonitorSettings> {
  if (!isObject(options)) throw invalid(name, 'its options', 'must be an object; pass { engine, kernel, filters }')
  for (const key of Object.keys(options)) {
    if (!NUMBERS.has(key) && !OTHERS.has(key)) throw invalid(name, key, 'is not an option; check its spelling')
  }
  const { engine, kernel, filters, probe, audit, alerts, clock } = options
  if (!isObject(engine)) throw invalid(name, 'engine', 'is missing; pass what dockerEngine() returned')
  if (typeof kernel !== 'function')
    throw invalid(name, 'kernel', 'is missing; pass () => kernel, so that containers can be added to it')
  if (!isObject(filters)) throw invalid(name, 'filters', `is missing; ${EXAMPLE}`)
  for (const [filter, values] of Object.entries(filters)) {
    if (Array.isArray(values) && values.every((value) => typeof value === 'string')) continue
    throw invalid(name, `filters.${filter}`, `must be a list of strings; ${EXAMPLE}`)
  }
  for (const option of ['sessionOf', 'onSessionChange'] as const) {
    if (!['undefined', 'function'].includes(typeof options[option])) throw invalid(name, option, 'must be a function')
  }
  const { owner } = options
  if (owner !== undefined && (typeof owner !== 'string' || owner === '')) throw invalid(name, 'owner', 'must be a name')
  if (clock !== undefined && !isObject(clock)) throw invalid(name, 'clock', 'must be a clock')
  const wrong = probe === undefined || typeof probe === 'function' ? undefined : probeProblem(probe)
  if (wrong !== undefined) throw invalid(name, wrong.option, wrong.problem)
  checkOutlets(name, { ...(audit && { audit }), ...(alerts && { alerts }) })
  return Object.fromEntries(Object.entries(options).filter(([key]) => NUMBERS.has(key)))
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

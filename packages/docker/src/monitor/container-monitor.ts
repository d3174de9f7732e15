import { type Clock, type Impact, type Kernel, type Resource, resource, systemClock } from '@keelson/kernel'
import type Docker from 'dockerode'
import type { ContainerInfo } from '../container/container-info.js'
import { type OwnProbe, probeProblem } from '../container/own-probe.js'
import { linkOf } from '../engine/docker-engine.js'
import { checkOutlets, type OutletOptions, openOutlets } from '../report/outlets.js'
import { invalid, type MonitorSettings, monitorSettings } from '../watch/monitor-settings.js'
import type { SessionChange } from '../watch/sessions.js'
import { LiveMonitor } from './live-monitor.js'
import { ContainerMonitor } from './monitor-value.js'

export interface ContainerMonitorOptions extends Partial<MonitorSettings>, OutletOptions {
  /** A `dockerEngine()`. */
  engine: Resource<Docker>
  /** The kernel that runs this monitor: `() => kernel`. Containers are added to it, as soon as it runs and this gives it. */
  kernel: () => Kernel
  /** Docker's own filters, such as `{ label: ['app=worker'] }`; `{}` is every container of the engine. What matches is restarted when it fails. */
  filters: Readonly<Record<string, readonly string[]>>
  /** Groups containers: those for which it returns the same string are one session. */
  sessionOf?: (container: ContainerInfo) => string | undefined
  /** Told about every change of a session's status. What it throws becomes a `problem`; a promise is not waited for. */
  onSessionChange?: (change: SessionChange) => unknown
  /**
   * What a container must answer besides being up, or a function of the container that says so. A probe of such a function that
   * is none becomes a `problem`, and the container is watched without one.
   */
  probe?: OwnProbe | ((container: ContainerInfo) => OwnProbe | undefined)
  /** Of a container's failure on the kernel, and of the monitor's own; default `'degraded'`. */
  impact?: Impact
  /** Where time comes from; give it what `createKernel()` gets. */
  clock?: Clock
}

/**
 * Watches the containers of an engine that match a filter. Each becomes a resource of the kernel when it starts and leaves it
 * when it is removed; the kernel checks it, counts its failures and restarts it within limits. Stopping the kernel leaves the
 * containers alone.
 *
 * A container that has used up its restarts has failed for good, until `restart()` is called for it or it is seen healthy again.
 *
 * @throws KeelsonError `INVALID_OPTION`, which names the option or the environment variable.
 *
 * @example
 * const engine = dockerEngine()
 * const workers = containerMonitor('workers', { engine, kernel: () => kernel, filters: { label: ['app=worker'] } })
 * const kernel = createKernel([workers])
 */
export function containerMonitor(name: string, options: ContainerMonitorOptions): Resource<ContainerMonitor> {
  const {
    engine,
    kernel,
    filters,
    sessionOf,
    onSessionChange,
    probe,
    audit,
    alerts,
    impact = 'degraded',
    clock = systemClock,
    ...numbers
  } = options
  for (const key of Object.keys(numbers)) if (!NUMBERS.has(key)) throw invalid(name, key, 'is not an option; check its spelling')
  if (typeof kernel !== 'function')
    throw invalid(name, 'kernel', 'is missing; pass () => kernel, so that containers can be added to it')
  if (typeof filters !== 'object' || filters === null) {
    throw invalid(
      name,
      'filters',
      "is missing; pass for example { label: ['app=worker'] }, or {} for every container of the engine",
    )
  }
  const wrong = probe === undefined || typeof probe === 'function' ? undefined : probeProblem(probe)
  if (wrong !== undefined) throw invalid(name, wrong.option, wrong.problem)
  checkOutlets(name, { ...(audit && { audit }), ...(alerts && { alerts }) })
  const live = new LiveMonitor({
    name,
    settings: monitorSettings(name, numbers, process.env),
    impact,
    filters,
    now: () => clock.now(),
    kernel,
    sessionOf: (container) => sessionOf?.(container),
    probeOf: (container) => (typeof probe === 'function' ? probe(container) : probe),
    onSessionChange: (change) => onSessionChange?.(change),
    self: () => self,
  })
  const self: Resource<ContainerMonitor> = resource(name, {
    dependsOn: { docker: engine },
    async start({ docker }, ctx) {
      await openOutlets({ ...(audit && { audit }), ...(alerts && { alerts }) }, live.events, clock, ctx)
      ctx.defer(live.begin(linkOf(docker), ctx))
      return new ContainerMonitor(live)
    },
    impact,
  })
  return self
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

import { type Resource, resource, systemClock } from '@keelson/kernel'
import { linkOf } from '../engine/docker-engine.js'
import { openOutlets } from '../report/outlets.js'
import { invalid, monitorSettings } from '../watch/monitor-settings.js'
import { LiveMonitor } from './live-monitor.js'
import { type ContainerMonitorOptions, checkMonitorOptions } from './monitor-options.js'
import { monitorPanel } from './monitor-panel.js'
import { ContainerMonitor } from './monitor-value.js'
import { offerTelemetry } from './offer-telemetry.js'

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
  const numbers = checkMonitorOptions(name, options)
  const {
    engine,
    kernel,
    filters,
    sessionOf,
    onSessionChange,
    probe,
    audit,
    alerts,
    owner = name,
    impact = 'degraded',
    clock = systemClock,
  } = options
  const live = new LiveMonitor({
    name,
    settings: monitorSettings(name, numbers, process.env),
    impact,
    filters,
    owner,
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
      const link = linkOf(docker)
      if (link === undefined) throw invalid(name, 'engine', 'has no link to an engine; pass what dockerEngine() returned')
      const outlets = { ...(audit && { audit }), ...(alerts && { alerts }) }
      live.opened(await openOutlets(name, outlets, live.events, clock, live.settings.keepHistory, ctx))
      ctx.defer(live.begin(link, ctx))
      const monitor = new ContainerMonitor(live)
      ctx.panel(monitorPanel(monitor, () => clock.now()))
      offerTelemetry(monitor)
      return monitor
    },
    impact,
  })
  return self
}

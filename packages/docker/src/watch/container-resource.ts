import { type Impact, type Resource, type ResourceLike, resource, type StartContext } from '@keelson/kernel'
import type { WatchedContainer } from '../container/watched-container.js'
import { shown } from '../engine/shown.js'
import type { MonitorSettings } from './monitor-settings.js'

/** The implementation of a container resource's hooks. */
export interface ContainerHost {
  readonly settings: MonitorSettings
  readonly impact: Impact
  /** Starts the resource: restarts the container if this start is a restart of it. */
  start(container: WatchedContainer, ctx: StartContext): Promise<void>
  /** One check: rejects when the container has failed; does not settle while its status is unknown. */
  check(container: WatchedContainer, signal: AbortSignal): Promise<void>
}

/**
 * The resource of one container. The kernel schedules its checks, counts its failures and limits its restarts; stopping it
 * leaves the container alone. Its timeouts are unbounded because hooks wait while the engine is away; each request to the engine has
 * a limit of its own.
 */
export function containerResource(
  monitor: ResourceLike<unknown>,
  container: WatchedContainer,
  host: ContainerHost,
): Resource<WatchedContainer> {
  const { interval, failureThreshold, restartAttempts, restartDelay, restartWindow } = host.settings
  const { id, image } = container.info
  const { name, session } = container.shown
  return resource(`${(monitor as Resource<unknown>).name}/${name}.${id.slice(0, 12)}`, {
    after: [monitor],
    async start(_deps, ctx) {
      await host.start(container, ctx)
      return container
    },
    check: (_container, { signal }) => host.check(container, signal),
    stop() {
      container.ctx = undefined
    },
    impact: host.impact,
    labels: { container: name, image: shown(image), id, ...(session !== undefined && { session }) },
    timeouts: { start: Infinity, check: Infinity, stop: 1_000 },
    monitor: { interval, failureThreshold },
    ...(restartAttempts > 0 && {
      restart: { attempts: restartAttempts, within: restartWindow, delay: restartDelay, factor: 1, jitter: 0 },
    }),
  })
}

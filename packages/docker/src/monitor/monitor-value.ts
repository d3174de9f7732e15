import { KeelsonError } from '@keelson/kernel'
import {
  type ContainerReport,
  containerReport,
  type EngineReport,
  type Statistics,
  statisticsOf,
} from '../container/container-report.js'
import type { StatusRecord } from '../container/status-history.js'
import { reasonOf } from '../engine/reason-of.js'
import type { AlertCounts } from '../report/webhook.js'
import type { ContainerCheck, MonitorEventType, MonitorListener } from '../watch/monitor-events.js'
import type { MonitorSettings } from '../watch/monitor-settings.js'
import type { SessionStatus } from '../watch/sessions.js'
import type { LiveMonitor } from './live-monitor.js'
import { type Metric, metricsOf } from './metrics.js'

/** A session and its containers. */
export interface SessionReport {
  readonly session: string
  readonly status: SessionStatus
  readonly containers: readonly ContainerReport[]
}

/** The value of a `containerMonitor()`. */
export class ContainerMonitor {
  readonly #live: LiveMonitor

  constructor(live: LiveMonitor) {
    this.#live = live
  }

  get settings(): Readonly<MonitorSettings> {
    return { ...this.#live.settings }
  }

  /** Resolves when the containers of the first listing are in the kernel and have been checked. */
  get ready(): Promise<void> {
    return this.#live.ready
  }

  /** Subscribes to a type of event, or to all with `'event'`; the returned function unsubscribes. */
  on<K extends MonitorEventType | 'event'>(type: K, listener: MonitorListener<K>): () => void {
    return this.#live.events.on(type, listener)
  }

  /** Subscribes to the checks of all containers, whatever they find; the returned function unsubscribes. */
  onCheck(listener: (check: ContainerCheck) => unknown): () => void {
    return this.#live.events.onCheck(listener)
  }

  engine(): EngineReport {
    const link = this.#live.link!
    const { away, since } = link
    const { inFlight, highest } = link.requests
    const status = away === undefined ? 'healthy' : 'unhealthy'
    return { status, since, inFlight, highestInFlight: highest, ...(away && { reason: reasonOf(away) }) }
  }

  containers(): readonly ContainerReport[] {
    return [...this.#live.containers.values()].map(containerReport)
  }

  sessions(): readonly SessionReport[] {
    return this.#live.sessions.names.map((name) => this.session(name)!)
  }

  /** By its name, or by that as it is shown. */
  session(name: string): SessionReport | undefined {
    const { sessions } = this.#live
    const found = sessions.find(name)
    return found && { session: found.shown, status: found.status, containers: found.members.map(containerReport) }
  }

  statistics(): Statistics {
    return statisticsOf([...this.#live.containers.values()])
  }

  /** The name of its resource. */
  get name(): string {
    return this.#live.name
  }

  /** What it measures, for whatever system of metrics; `healthHandler()` and `meterContainers()` export it. */
  metrics(): readonly Metric[] {
    const { inFlight, status } = this.engine()
    return metricsOf({
      monitor: this.#live.name,
      containers: [...this.#live.containers.values()],
      engine: { isUp: status === 'healthy', inFlight },
      alerts: this.alerts(),
    })
  }

  /** What has become of the alerts since the monitor was started; undefined without any. */
  alerts(): AlertCounts | undefined {
    return this.#live.webhook?.counts
  }

  /** The records of a container of the last `keepHistory` ms, oldest first; by its name or id. */
  history(container: string): readonly StatusRecord[] {
    const { link } = this.#live
    return this.#find(container)?.history.since(link!.clock.now()) ?? []
  }

  /**
   * Restarts a container now, even one that was given up; by its name or id. Waits while the engine is away.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE` when no such container is watched; what the kernel's restart rejects with.
   */
  async restart(container: string): Promise<void> {
    const found = this.#find(container)
    if (found === undefined) {
      throw new KeelsonError(
        'UNKNOWN_RESOURCE',
        `no container "${container}" is watched; use its name or id as containers() has it`,
        {
          details: { container },
        },
      )
    }
    await this.#live.kernel.restart(found.resource!)
  }

  #find(container: string) {
    const { containers } = this.#live
    return (
      containers.get(container) ??
      [...containers.values()].find(({ name, shown }) => name === container || shown.name === container)
    )
  }
}

import type { ContainerStatus } from '../container/container-status.js'
import { BOUNDS } from '../container/response-times.js'
import type { WatchedContainer } from '../container/watched-container.js'
import type { AlertCounts } from '../report/webhook.js'

export type Labels = Readonly<Record<string, string>>

/** A value with its labels. */
export interface Point {
  readonly labels: Labels
  readonly value: number
}

/** How often something took how long, in s. */
export interface Distribution {
  readonly labels: Labels
  /** Upper bounds in s, without infinity. */
  readonly bounds: readonly number[]
  /** How many were within each bound, and last how many there were. */
  readonly cumulative: readonly number[]
  readonly sum: number
}

/** What a monitor measures, for whatever system of metrics. */
export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly kind: 'gauge' | 'counter'; readonly points: readonly Point[] }
  /** In seconds. */
  | { readonly kind: 'histogram'; readonly distributions: readonly Distribution[] }
)

/** What metrics are made of. */
export interface Measured {
  readonly monitor: string
  readonly containers: readonly WatchedContainer[]
  readonly engine: { readonly isUp: boolean; readonly inFlight: number }
  readonly alerts: AlertCounts | undefined
}

const STATUSES: readonly ContainerStatus[] = ['healthy', 'unhealthy', 'restarting', 'failed', 'unknown']

/** Names are those of OpenTelemetry: with dots, without a unit. */
export function metricsOf({ monitor, containers, engine, alerts }: Measured): Metric[] {
  const labelled = containers.map((container) => ({ container, labels: labelsOf(monitor, container) }))
  const each = (value: (container: WatchedContainer) => number) =>
    labelled.map(({ container, labels }) => ({ labels, value: value(container) }))
  const only = (value: number, labels: Labels = {}): Point[] => [{ labels: { monitor, ...labels }, value }]
  const metrics: Metric[] = [
    {
      name: 'keelson.container.status',
      help: 'The status of a container: 1 for the one that it has.',
      kind: 'gauge',
      points: labelled.flatMap(({ container, labels }) =>
        STATUSES.map((status) => ({ labels: { ...labels, status }, value: container.status === status ? 1 : 0 })),
      ),
    },
    {
      name: 'keelson.container.given_up',
      help: 'Whether the restarts of a container are used up.',
      kind: 'gauge',
      points: each(({ givenUp }) => (givenUp ? 1 : 0)),
    },
    {
      name: 'keelson.container.checks',
      help: 'Checks of a container.',
      kind: 'counter',
      points: each(({ checks }) => checks),
    },
    {
      name: 'keelson.container.check.failures',
      help: 'Checks of a container that failed.',
      kind: 'counter',
      points: each(({ failures }) => failures),
    },
    {
      name: 'keelson.container.restarts',
      help: 'Restarts of a container that the monitor has asked for.',
      kind: 'counter',
      points: each(({ restarts }) => restarts),
    },
    {
      name: 'keelson.container.engine_restarts',
      help: 'Restarts of a container by the engine, under its own restart policy, since it was created.',
      kind: 'gauge',
      points: each(({ facts }) => facts?.engineRestarts ?? 0),
    },
    {
      name: 'keelson.container.check.duration',
      help: 'How long checks of a container take.',
      kind: 'histogram',
      distributions: labelled.map(({ container: { times }, labels }) => ({
        labels,
        bounds: BOUNDS.map((ms) => ms / 1_000),
        cumulative: times.cumulative,
        sum: times.sum / 1_000,
      })),
    },
    {
      name: 'keelson.container.engine.up',
      help: 'Whether the engine answers.',
      kind: 'gauge',
      points: only(engine.isUp ? 1 : 0),
    },
    {
      name: 'keelson.container.engine.requests',
      help: 'Requests to the engine that are in flight.',
      kind: 'gauge',
      points: only(engine.inFlight),
    },
  ]
  if (alerts === undefined) return metrics
  const { waiting, ...results } = alerts
  const counted = Object.entries(results).flatMap(([result, value]) => only(value, { result }))
  metrics.push(
    { name: 'keelson.container.alerts', help: 'Alerts, by what became of them.', kind: 'counter', points: counted },
    { name: 'keelson.container.alerts.waiting', help: 'Alerts in the queue.', kind: 'gauge', points: only(waiting) },
  )
  return metrics
}

function labelsOf(monitor: string, { shown: { name, session } }: WatchedContainer): Labels {
  return { monitor, container: name, ...(session !== undefined && { session }) }
}

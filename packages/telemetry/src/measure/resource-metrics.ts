import type { Health, ResourceSnapshot, ResourceState } from '@keelson/kernel'
import { oneOf, type ReadMetric, type Seen } from './kernel-metrics.js'
import type { Counted } from './ledger.js'
import type { Labels, MetricDescription, Point } from './metric.js'
import { resourceOfRotation } from './rotation.js'

const STATES: readonly ResourceState[] = [
  'idle',
  'starting',
  'running',
  'restarting',
  'draining',
  'stopping',
  'stopped',
  'failed',
]
const HEALTHS: readonly Health[] = ['unknown', 'healthy', 'unhealthy']

/** Upper bounds of the check histogram, in s: those that OpenTelemetry recommends for durations of requests. */
export const CHECK_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** The only one that is recorded as it happens. */
export const CHECK_DURATION: MetricDescription = {
  name: 'keelson.resource.check.duration',
  description: 'How long checks of a resource take.',
  unit: 's',
  kind: 'histogram',
  labels: ['kernel', 'resource'],
}

/** Of each resource. */
export const RESOURCE_METRICS: readonly ReadMetric[] = [
  each('state', 'The state of a resource: 1 for the one that it is in.', {
    kind: 'sum',
    label: 'state',
    points: ({ state }, labels) => oneOf(STATES, state, 'state', labels),
  }),
  each('health', 'The health of a resource: 1 for what checks and pushes say of it.', {
    kind: 'sum',
    label: 'health',
    points: ({ health }, labels) => oneOf(HEALTHS, health, 'health', labels),
  }),
  each('standby', 'Whether a resource stands by, as one of several replicas does of which another leads.', {
    kind: 'sum',
    value: ({ standby }) => (standby === undefined ? 0 : 1),
  }),
  each('start.duration', 'How long the last start of a resource took, its first check included.', {
    unit: 's',
    value: ({ startMs }) => inSeconds(startMs),
  }),
  each('drain.duration', 'How long the last drain of a resource took.', {
    unit: 's',
    value: (_, { drainMs }) => inSeconds(drainMs),
  }),
  each('stop.duration', 'How long the last stop of a resource took.', { unit: 's', value: (_, { stopMs }) => inSeconds(stopMs) }),
  counter('start.retries', 'Tries of a first start that failed and were made again.', '{try}', ({ retries }) => retries),
  counter('check.failures', 'Checks of a resource that failed.', '{check}', ({ checkFailures }) => checkFailures),
  counter('restarts', 'Restarts of a resource, each attempt counted.', '{restart}', ({ restarts }) => restarts),
  counter('restarts.exhausted', 'How often the restarts of a resource were used up.', '{time}', ({ exhausted }) => exhausted),
  counter('rotations', 'Rotations of a resource that succeeded.', '{rotation}', ({ rotations }) => rotations),
  each('errors', 'Errors of hooks of a resource, by hook and code.', {
    kind: 'counter',
    unit: '{error}',
    label: ['phase', 'code'],
    *points(_, labels, { errors }) {
      for (const [key, value] of errors) {
        const [phase = '', code = ''] = key.split(' ')
        yield { labels: { ...labels, phase, code }, value }
      }
    },
  }),
  each('work.active', 'Pieces of work that a resource has in flight: requests, jobs, leases.', {
    kind: 'sum',
    unit: '{piece}',
    value: ({ state, work }) => (state === 'stopped' ? 0 : (work?.count ?? 0)),
  }),
  each('work.age', 'For how long the oldest piece of work of a resource has been in flight.', {
    unit: 's',
    value: ({ state, work }) => (state === 'stopped' ? 0 : (work?.oldest[0]?.sinceMs ?? 0) / 1_000),
  }),
  each('counts', 'What a resource counts itself, by name.', {
    label: 'name',
    points: ({ counts = {} }, labels) => Object.entries(counts).map(([name, value]) => ({ labels: { ...labels, name }, value })),
  }),
  each('admission.requests', 'Requests that a server with admission has taken on, and refused.', {
    kind: 'counter',
    unit: '{request}',
    label: 'outcome',
    *points({ counts }, labels) {
      if (counts?.admitted === undefined || counts.refused === undefined) return
      yield { labels: { ...labels, outcome: 'admitted' }, value: counts.admitted }
      yield { labels: { ...labels, outcome: 'refused' }, value: counts.refused }
    },
  }),
]

type Points = (resource: ResourceSnapshot, labels: Labels, counted: Counted) => Iterable<Point>

interface Each {
  readonly kind?: ReadMetric['kind']
  readonly unit?: MetricDescription['unit']
  /** Labels beside those of the resource. */
  readonly label?: string | readonly string[]
  readonly points?: Points
  readonly value?: (resource: ResourceSnapshot, counted: Counted) => number | undefined
}

function each(name: string, description: string, { kind = 'gauge', unit = '', label = [], points, value }: Each): ReadMetric {
  const all: Points = points ?? ((resource, labels, counted) => single(value!(resource, counted), labels))
  return {
    name: `keelson.resource.${name}`,
    description,
    unit,
    kind,
    labels: ['kernel', 'resource', ...[label].flat()],
    read: ({ snapshot, ledger }) =>
      ownOf(snapshot).flatMap((resource) => [
        ...all(resource, { kernel: snapshot.name, resource: resource.name }, ledger.of(resource.name)),
      ]),
  }
}

function counter(
  name: string,
  description: string,
  unit: MetricDescription['unit'],
  value: (counted: Counted) => number,
): ReadMetric {
  return each(name, description, { kind: 'counter', unit, value: (_, counted) => value(counted) })
}

/** What comes and goes in a rotation is the resource itself. */
function ownOf({ resources }: Seen['snapshot']): ResourceSnapshot[] {
  return resources.filter(({ name }) => resourceOfRotation(name) === undefined)
}

function single(value: number | undefined, labels: Labels): Point[] {
  return value === undefined ? [] : [{ labels, value }]
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

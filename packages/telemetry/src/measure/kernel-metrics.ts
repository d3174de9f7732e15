import type { Kernel, KernelSnapshot, KernelState, Plan, ProbeStatus } from '@keelson/kernel'
import type { Ledger } from './ledger.js'
import type { Labels, MetricDescription, Point } from './metric.js'

/** What metrics are read from. */
export interface Seen {
  readonly snapshot: KernelSnapshot
  readonly plan: Plan
  readonly ledger: Ledger
}

/** A metric that is read when somebody collects. */
export interface ReadMetric extends MetricDescription {
  readonly kind: 'gauge' | 'sum' | 'counter'
  read(seen: Seen): Iterable<Point>
}

const STATES: readonly KernelState[] = ['idle', 'starting', 'running', 'draining', 'stopping', 'stopped', 'failed']
const STATUSES: readonly ProbeStatus[] = [
  'idle',
  'starting',
  'ready',
  'degraded',
  'unready',
  'draining',
  'stopping',
  'stopped',
  'failed',
]

/** Of the kernel as a whole. */
export const KERNEL_METRICS: readonly ReadMetric[] = [
  {
    name: 'keelson.kernel.state',
    description: 'The state of the kernel: 1 for the one that it is in.',
    unit: '',
    kind: 'sum',
    labels: ['kernel', 'state'],
    read: ({ snapshot }) => oneOf(STATES, snapshot.state, 'state', { kernel: snapshot.name }),
  },
  {
    name: 'keelson.kernel.probe',
    description: 'What the probe of the kernel says: 1 for the status that it has.',
    unit: '',
    kind: 'sum',
    labels: ['kernel', 'status'],
    read: ({ snapshot }) => oneOf(STATUSES, snapshot.probe.status, 'status', { kernel: snapshot.name }),
  },
  flag('keelson.kernel.ready', 'Whether the kernel is ready: requests may be sent.', ({ ready }) => ready),
  flag('keelson.kernel.live', 'Whether the kernel is live: 0 after an unrecoverable failure.', ({ live }) => live),
  seconds('keelson.kernel.start.duration', 'How long the last start took that succeeded.', ({ ledger }) => ledger.startMs),
  seconds(
    'keelson.kernel.shutdown.duration',
    'How much of its budget the shutdown has used: so far, or as the last one was over.',
    ({ ledger }) => ledger.shutdownMs,
  ),
  seconds(
    'keelson.kernel.shutdown.budget',
    'What a shutdown may take, its delay included; absent for no limit.',
    ({ plan }) => plan.shutdown.timeoutMs,
  ),
  seconds(
    'keelson.kernel.shutdown.worst_case',
    'The longest that a shutdown would take now; absent for no limit.',
    ({ plan }) => plan.worstCaseShutdownMs,
  ),
]

/** A point for each word, 1 for the one that holds. */
export function oneOf(words: readonly string[], word: string, label: string, labels: Labels): Point[] {
  return words.map((each) => ({ labels: { ...labels, [label]: each }, value: each === word ? 1 : 0 }))
}

function flag(name: string, description: string, holds: (probe: ReturnType<Kernel['probe']>) => boolean): ReadMetric {
  return {
    name,
    description,
    unit: '',
    kind: 'gauge',
    labels: ['kernel'],
    read: ({ snapshot }) => [{ labels: { kernel: snapshot.name }, value: holds(snapshot.probe) ? 1 : 0 }],
  }
}

function seconds(name: string, description: string, ms: (seen: Seen) => number | undefined): ReadMetric {
  return {
    name,
    description,
    unit: 's',
    kind: 'gauge',
    labels: ['kernel'],
    read(seen) {
      const value = ms(seen)
      if (value === undefined || value === Infinity) return []
      return [{ labels: { kernel: seen.snapshot.name }, value: value / 1_000 }]
    },
  }
}

import type { Health, KernelState, ResourceState } from '../state.js'
import type { EdgeKind, Impact, WorkSnapshot } from '../words.js'
import type { Ending } from './ending.js'
import type { CheckRecord, History } from './history.js'
import type { Probe } from './probe.js'
import type { OpenHook } from './timeline.js'

/** One edge of the graph, as a reader of plans and snapshots sees it. */
export interface PlannedDependency {
  readonly resource: string
  readonly kind: EdgeKind
}

/** A check as it appears in a snapshot: plain JSON. */
export interface CheckSnapshot {
  readonly at: number
  readonly ok: boolean
  readonly durationMs: number
  readonly error?: string
}

/** A check that was asked for. */
export interface CheckResult extends CheckSnapshot {
  /** The name of the resource. */
  readonly resource: string
}

export interface ResourceSnapshot {
  readonly name: string
  readonly state: ResourceState
  readonly health: Health
  readonly impact: Impact
  readonly labels: Readonly<Record<string, string>>
  readonly dependsOn: readonly PlannedDependency[]
  /** Why it does not run for now, where nothing is wrong: its start said so with `ctx.standBy()`, or that of something that it needs did. */
  readonly standby?: string
  /** When its start hook was called, in ms since the epoch. */
  readonly startedAt?: number
  readonly startMs?: number
  readonly drainMs?: number
  readonly stopMs?: number
  /** What its last drain said of itself. */
  readonly note?: string
  /** The work in flight; once it has stopped, what there was when its drain began. Absent for none. */
  readonly work?: WorkSnapshot
  /** The work that its last drain did not wait for any more. */
  readonly cut?: WorkSnapshot
  /** What it counts itself, by name, as `ctx.counters()` told it. Absent for nothing. */
  readonly counts?: Readonly<Record<string, number>>
  /** The hook that goes on: its start with tries and the first check, `activate`, `quiesce`, its drain, or its stop with cleanups. */
  readonly hook?: OpenHook
  /** While it starts, the part of that which goes on, as `ctx.step()` named it: of several the last that began. */
  readonly step?: { readonly name: string; readonly sinceMs: number }
  /** Why it failed or is unhealthy. */
  readonly error?: string
  readonly consecutiveFailures: number
  /** How many in a row make it unhealthy; absent without a check. */
  readonly failureThreshold?: number
  /** Of its checks: when the last one ended, and how long they took at the median and at the 95th percentile. */
  readonly lastCheckAt?: number
  readonly responseMs?: { readonly p50: number; readonly p95: number }
  /** Restarts used up in the window of its restart policy. */
  readonly restarts: number
  /** Oldest first; empty for a resource without a check. */
  readonly checks: readonly CheckSnapshot[]
}

/** Everything that can be seen of a kernel at one instant, as plain JSON. */
export interface KernelSnapshot {
  readonly name: string
  readonly state: KernelState
  readonly probe: Probe
  readonly resources: readonly ResourceSnapshot[]
}

/** What a snapshot of a resource is made of. */
export interface Seen {
  readonly name: string
  readonly state: ResourceState
  readonly impact: Impact
  readonly definition: { readonly options: { readonly labels?: Readonly<Record<string, string>> } }
  readonly health: { readonly health: Health; readonly failures: number }
  readonly trouble: Error | undefined
  readonly standby: string | undefined
  readonly failureThreshold: number | undefined
  readonly startedAt: number
  readonly runningAt: number
  readonly ending: Readonly<Ending>
  readonly work: WorkSnapshot | undefined
  readonly hook: OpenHook | undefined
  readonly step: ResourceSnapshot['step'] | undefined
  readonly counts: ResourceSnapshot['counts'] | undefined
}

/** One resource of a snapshot. */
export function snapshotOf(
  cell: Seen,
  dependsOn: readonly PlannedDependency[],
  history: History,
  restarts: number,
): ResourceSnapshot {
  const { startedAt, runningAt } = cell
  const { drainAt, stopAt, stoppedAt, note, cut } = cell.ending
  const { trouble: error, work, hook, step, counts, standby } = cell
  const checks = history.toArray()
  const durations = checks.map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  return {
    name: cell.name,
    state: cell.state,
    health: cell.health.health,
    impact: cell.impact,
    labels: { ...cell.definition.options.labels },
    dependsOn,
    ...(standby !== undefined && { standby }),
    ...(startedAt !== 0 && { startedAt }),
    ...(runningAt !== 0 && { startMs: runningAt - startedAt }),
    ...(drainAt !== 0 && stopAt !== 0 && { drainMs: stopAt - drainAt }),
    ...(stoppedAt !== 0 && { stopMs: stoppedAt - stopAt }),
    ...(note !== undefined && { note }),
    ...(hook !== undefined && { hook }),
    ...(step !== undefined && { step }),
    ...(work !== undefined && { work }),
    ...(cut !== undefined && { cut }),
    ...(counts !== undefined && { counts }),
    ...(error !== undefined && { error: error.message }),
    consecutiveFailures: cell.health.failures,
    ...(cell.failureThreshold !== undefined && { failureThreshold: cell.failureThreshold }),
    ...(checks.length > 0 && {
      lastCheckAt: checks.at(-1)!.at,
      responseMs: { p50: percentile(durations, 0.5), p95: percentile(durations, 0.95) },
    }),
    restarts,
    checks: checks.map(plain),
  }
}

/** The smallest of the sorted values that is not below this part of them (nearest rank). */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!
}

/** A check as plain JSON. */
export function plain({ error, ...record }: CheckRecord): CheckSnapshot {
  return error === undefined ? record : { ...record, error: error.message }
}

import type { Definition, RestartOptions, Timeouts } from '../../define/resource.js'
import type { Graph } from '../../graph/graph.js'
import { PHASES } from '../../phases.js'
import type { Health, ResourceState } from '../../state.js'
import type { EdgeKind, Impact } from '../../words.js'
import type { LifeOf } from './life.js'
import type { SimulatedHook } from './schedule.js'

/** One life of a resource in a run. */
export type Life = LifeOf<Track>

export interface TrackEdge {
  readonly to: Track
  readonly kind: EdgeKind
  readonly field: string | undefined
  /** R2: it comes back with what comes late. */
  readonly late: boolean
}

/** What a run knows about one resource, from its hooks and from the kernel's events. */
export class Track {
  readonly name: string
  readonly definition: Definition
  readonly dependencies: readonly TrackEdge[]
  readonly dependents: { readonly from: Track; readonly kind: EdgeKind }[] = []
  /** Whether it is part of the kernel, and whether an `add` or `remove` of it is under way. */
  member = false
  changing = 0
  /** By how many additions it came in: what came before its dependency did is not tied to it. */
  joined = 0
  /** As the events said. */
  state: ResourceState = 'idle'
  away = false
  /** The policy of the restart that took it down. */
  inherited: RestartOptions | undefined
  /** A restart began while it was starting. */
  cutShort = false
  /** Since the kernel was started a restart, or a late arrival, took it along. */
  takenAlong = false
  /** It failed, and why is about to be told. */
  justFailed = false
  /** It was restarted, added or removed when a shutdown came. */
  parting = false
  /** The start of the kernel has dealt with it: it runs, or will not. */
  launched = false
  /** Its policy allowed no more restarts of the current life. */
  exhausted = false
  /** The longest that a stop of it took, in ms, and since when it is stopping. */
  longestStop = 0
  stoppingSince = 0
  /** Since when it is draining or stopping. */
  leavingSince = 0
  /** R1, R2: its last try failed, and when the next is due; until one succeeds or it is given up. */
  retry: { readonly failed: number; readonly dueAt: number; readonly dueBy: number } | undefined
  /** R1: between two tries that the kernel waits for. */
  pausing = false
  /** R2: nobody waits for it. */
  late = false
  /** S11: it said that it stands by, and why. */
  standby: string | undefined
  /** S11: nobody waits for this start of it any more, all tries together. */
  stoodBy = false
  /** S11: as the kernel says, it is not started because something that it requires stands by. */
  waits = false
  /** S11: the same, also when it is about to be started. */
  waited = false
  /** S11: it has stood by, at some time. */
  takesTurns = false
  /** S11: it is away because of one that has stood by: that changes nothing of readiness. */
  excused = false
  /** H8: when it failed, all replicas were without it, or without what it requires. */
  failedWithAll = false
  /** When the last hook of a release of it settled. */
  releasedAt = 0
  /** Since when it starts, all tries together; 0 when it does not. */
  startingSince = 0
  /** Since the kernel was started it has run. */
  hasRun = false
  /** Its last failure was that of what it requires. */
  lacksDependency = false
  /** H8: the restart that took it down follows a policy that is never used up. */
  inheritsEndless = false
  /** H6: until when what it said of itself changes nothing. */
  toleratedUntil = Infinity
  life: Life | undefined
  readonly lives: Life[] = []
  /** What its next start is to be given: the lives that served when the kernel began with it. */
  readonly expected = new Map<Track, Life>()
  health: Health = 'unknown'
  failures = 0
  passes = 0
  readonly calls: Record<SimulatedHook, number> = {
    start: 0,
    check: 0,
    activate: 0,
    quiesce: 0,
    drain: 0,
    stop: 0,
    kill: 0,
    cleanup: 0,
  }

  constructor(name: string, definition: Definition, dependencies: readonly TrackEdge[]) {
    this.name = name
    this.definition = definition
    this.dependencies = dependencies
    for (const { to, kind } of dependencies) to.dependents.push({ from: this, kind })
  }

  get impact(): Impact {
    return this.definition.options.impact ?? (this.shared ? 'degraded' : 'unready')
  }

  get shared(): boolean {
    return this.definition.options.shared === true
  }

  /** H8: whether all replicas are without it, or it failed for want of what they all are without. */
  get sharesFate(): boolean {
    return this.shared || this.dependencies.some(({ to, kind }) => kind === 'required' && to.state === 'failed' && to.sharesFate)
  }

  get tolerance(): number {
    return this.definition.options.monitor?.tolerance ?? 0
  }

  /** S11: nobody waits for it. */
  get stands(): boolean {
    return this.standby !== undefined || this.waits
  }

  /** S11: it may be away because of one that has stood by. */
  get mayBeExcused(): boolean {
    return this.takesTurns || this.dependencies.some(({ to }) => to.mayBeExcused)
  }

  /** Whether those that wait for it to start need wait no longer. */
  get settled(): boolean {
    if (this.stands) return true
    return (
      this.launched &&
      (this.late ||
        this.life?.late === true ||
        this.stoodBy ||
        this.life?.stood === true ||
        (this.state !== 'starting' && !(this.state === 'failed' && this.life?.holds && !this.life.up && !this.life.orphan)))
    )
  }

  timeout(hook: SimulatedHook, timeouts: Required<Timeouts>): number {
    if (hook === 'kill') return 1_000
    const key = hook === 'cleanup' ? 'stop' : PHASES[hook].timeout
    return this.definition.options.timeouts?.[key] ?? timeouts[key]
  }

  lastLife(matches: (life: Life) => boolean): Life | undefined {
    for (let i = this.lives.length - 1; i >= 0; i--) if (matches(this.lives[i]!)) return this.lives[i]
    return undefined
  }

  count(ok: boolean): void {
    const { failureThreshold = 3, successThreshold = 1 } = this.definition.options.monitor ?? {}
    this.failures = ok ? 0 : this.failures + 1
    this.passes = ok ? this.passes + 1 : 0
    if (ok) this.toleratedUntil = Infinity
    if (this.failures >= failureThreshold) this.health = 'unhealthy'
    else if (this.passes >= successThreshold) this.health = 'healthy'
  }

  /** H6: what it says of itself, at this time. */
  says(health: Health, now: number): void {
    if (health === 'healthy' || this.tolerance === 0 || this.health === 'unhealthy') this.setHealth(health)
    else this.toleratedUntil = Math.min(this.toleratedUntil, now + this.tolerance)
  }

  setHealth(health: Health): void {
    this.toleratedUntil = Infinity
    this.health = health
    this.failures = 0
    this.passes = health === 'healthy' ? 1 : 0
  }

  /** It and everything that stops before it when it is removed. */
  withDependents(): Set<Track> {
    const found = new Set<Track>([this])
    for (const track of found) {
      for (const { from, kind } of track.dependents) if (kind !== 'after' && from.member) found.add(from)
    }
    return found
  }

  /** The same, and what may have come along with them and go along: what was added for them, and what that needs. */
  withPrivateDependencies(): Track[] {
    const found = this.withDependents()
    for (const track of found) for (const { to } of track.dependencies) if (to.joined > 0) found.add(to)
    return [...found]
  }

  /** It and everything that it needs. */
  withDependencies(): Set<Track> {
    const found = new Set<Track>([this])
    for (const track of found) for (const { to } of track.dependencies) found.add(to)
    return found
  }
}

/** A track for each resource of a graph, dependencies first. */
export function tracksOf(graph: Graph): Track[] {
  const tracks: Track[] = []
  for (const [id, definition] of graph.definitions.entries()) {
    const dependencies: TrackEdge[] = []
    for (let edge = graph.firstDependency.at(id), end = graph.firstDependency.at(id + 1); edge < end; edge++) {
      dependencies.push({
        to: tracks[graph.edgeTo.at(edge)]!,
        kind: graph.edgeKind[edge]!,
        field: graph.edgeField[edge],
        late: graph.restartsLate(edge),
      })
    }
    tracks.push(new Track(graph.nameOf(id), definition, dependencies))
  }
  return tracks
}

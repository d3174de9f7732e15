import type { Definition, Timeouts } from '../define/resource.js'
import type { PlannedDependency } from '../observe/snapshot.js'
import type { Graph } from './graph.js'

export interface PlannedResource {
  readonly name: string
  readonly dependsOn: readonly PlannedDependency[]
  /** The most that its start may take, in ms. */
  readonly startTimeoutMs: number
  /** What it may take of a shutdown, in ms. A hook that it does not have takes nothing. */
  readonly shutdown: {
    /** Its own drain and stop timeouts. */
    readonly ownMs: number
    /** Its own and the longest path below it. */
    readonly pathMs: number
    /** Its share of the whole budget if everything above it uses its own share up. */
    readonly shareMs: number
  }
}

/** What will happen, in which order, and how long it may take at the worst. */
export interface Plan {
  /** Dependencies first; shutdown goes the other way. */
  readonly order: readonly string[]
  /** The chain that decides how long the start takes: by the durations of the last start, else by the start timeouts. */
  readonly criticalPath: readonly string[]
  /** How long that chain took, or may take, in ms. */
  readonly startMs: number
  /** The longest that a shutdown may take: its delay and the longest path, within `shutdown.timeout`, in ms. */
  readonly worstCaseShutdownMs: number
  readonly resources: readonly PlannedResource[]
}

export interface PlanInput {
  readonly graph: Graph
  readonly timeouts: Required<Timeouts>
  readonly shutdown: { readonly delay: number; readonly timeout: number }
  /** How long the start of a resource took, where it is known. */
  startedIn(id: number): number | undefined
}

/** Lays out a graph: pure, before or after a start. */
export function planOf({ graph, timeouts, shutdown, startedIn }: PlanInput): Plan {
  const { size } = graph
  const budget = Math.max(0, shutdown.timeout - shutdown.delay)
  const own = Float64Array.from({ length: size }, (_, id) => Math.min(budget, teardownTime(graph.definitions[id]!, timeouts)))
  const path = longestPaths(graph, (id) => own[id]!)
  const shares = sharesOf(graph, own, path, budget)
  const startTimeout = (id: number) => graph.definitions[id]!.options.timeouts?.start ?? timeouts.start
  const known = graph.definitions.some((_, id) => startedIn(id) !== undefined)
  const startTime = (id: number) => (known ? (startedIn(id) ?? 0) : startTimeout(id))
  const present = Array.from(graph.definitions.keys()).filter((id) => graph.has(id))
  const critical = criticalPath(graph, startTime)

  return {
    order: present.map((id) => graph.nameOf(id)),
    criticalPath: critical.map((id) => graph.nameOf(id)),
    startMs: critical.reduce((sum, id) => sum + startTime(id), 0),
    worstCaseShutdownMs: Math.min(shutdown.timeout, shutdown.delay + path.reduce((longest, ms) => Math.max(longest, ms), 0)),
    resources: present.map((id) => ({
      name: graph.nameOf(id),
      dependsOn: dependenciesOf(graph, id),
      startTimeoutMs: startTimeout(id),
      shutdown: { ownMs: own[id]!, pathMs: path[id]!, shareMs: shares[id]! },
    })),
  }
}

/** D3: `min(own, remaining · own / path)`: what is above cannot starve what is below. */
export function shareOf(own: number, path: number, remaining: number): number {
  if (own === 0 || remaining === Infinity) return own
  return Math.min(own, remaining * Math.min(1, own / path))
}

/** By resource: the longest sum of weights over it and what it depends on, one after the other. */
function longestPaths(graph: Graph, weight: (id: number) => number): Float64Array {
  const { size, firstDependency, edgeTo } = graph
  const longest = new Float64Array(size)
  for (let id = 0; id < size; id++) {
    let below = 0
    for (let edge = firstDependency.at(id), end = firstDependency.at(id + 1); edge < end; edge++) {
      below = Math.max(below, longest[edgeTo.at(edge)]!)
    }
    longest[id] = weight(id) + below
  }
  return longest
}

/** What each resource depends on, by name. */
export function dependenciesOf(graph: Graph, id: number): PlannedDependency[] {
  const dependencies: PlannedDependency[] = []
  for (let edge = graph.firstDependency.at(id), end = graph.firstDependency.at(id + 1); edge < end; edge++) {
    dependencies.push({ resource: graph.nameOf(graph.edgeTo.at(edge)), kind: graph.edgeKind[edge]! })
  }
  return dependencies
}

/** The ids on the chain with the largest sum, dependencies first. */
function criticalPath(graph: Graph, weight: (id: number) => number): number[] {
  const longest = longestPaths(graph, weight)
  const path: number[] = []
  for (let id = argMax(longest, longest.keys()); id !== undefined; id = argMax(longest, dependencyIds(graph, id)))
    path.unshift(id)
  return path
}

function dependencyIds(graph: Graph, id: number): number[] {
  const ids: number[] = []
  for (let edge = graph.firstDependency.at(id), end = graph.firstDependency.at(id + 1); edge < end; edge++) {
    ids.push(graph.edgeTo.at(edge))
  }
  return ids
}

function argMax(values: Float64Array, ids: Iterable<number>): number | undefined {
  let best: number | undefined
  for (const id of ids) if (best === undefined || values[id]! > values[best]!) best = id
  return best
}

/** The share of each resource when everything above it uses its own share up. */
function sharesOf(graph: Graph, own: Float64Array, path: Float64Array, budget: number): Float64Array {
  const remaining = new Float64Array(graph.size).fill(budget)
  const shares = new Float64Array(graph.size)
  for (let id = graph.size - 1; id >= 0; id--) {
    shares[id] = shareOf(own[id]!, path[id]!, remaining[id]!)
    const left = remaining[id] === Infinity ? Infinity : remaining[id]! - shares[id]!
    for (const below of dependencyIds(graph, id)) remaining[below] = Math.min(remaining[below]!, left)
  }
  return shares
}

/** A stop hook that is not declared may still be the value's own dispose, so its time is counted. */
function teardownTime({ options }: Definition, timeouts: Required<Timeouts>): number {
  const drain = options.drain === undefined ? 0 : (options.timeouts?.drain ?? timeouts.drain)
  return drain + (options.timeouts?.stop ?? timeouts.stop)
}

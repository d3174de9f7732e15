import type { Definition, Timeouts } from '../define/resource.js'
import type { Plan, PlannedShutdown } from '../observe/planned.js'
import type { PlannedDependency } from '../observe/snapshot.js'
import { drainPartOf, drainReserveOf, grantOf, stopReserveOf } from './budget.js'
import { type Graph, NONE } from './graph.js'
import { longestPaths, type Paths } from './paths.js'

/** What is known of a resource that has run. */
export interface Experience {
  /** How long its last start took, in ms. */
  readonly startMs: number | undefined
  /** Whether there is anything to stop: a value may bring its own dispose, and a start may defer cleanups. */
  readonly stops: boolean | undefined
  /** The longest that a stop of it took, in ms. */
  readonly longestStopMs: number
}

export interface PlanInput {
  readonly graph: Graph
  readonly timeouts: Required<Timeouts>
  readonly shutdown: { readonly delay: number; readonly timeout: number }
  experienceOf(id: number): Experience
}

/** Lays out a graph, before or after a start: pure, and linear in resources and edges. */
export function planOf(input: PlanInput): Plan {
  const { graph, timeouts, shutdown } = input
  const present = Array.from(graph.definitions.keys()).filter((id) => graph.has(id))
  const startTimeout = (id: number) => graph.definitions[id]!.options.timeouts?.start ?? timeouts.start
  const { path, startMs } = criticalPath(input, present, startTimeout)
  const { worstMs, sharesOf } = teardownOf(input, present)
  return {
    order: present.map((id) => graph.nameOf(id)),
    criticalPath: path.map((id) => graph.nameOf(id)),
    startMs,
    worstCaseShutdownMs: Math.min(shutdown.timeout, shutdown.delay + worstMs),
    shutdown: { delayMs: shutdown.delay, timeoutMs: shutdown.timeout },
    resources: present.map((id) => {
      const { impact, restart, retry, options } = graph.definitions[id]!
      return {
        name: graph.nameOf(id),
        dependsOn: dependenciesOf(graph, id),
        startTimeoutMs: startTimeout(id),
        impact,
        shared: options.shared === true,
        retries: retry !== undefined,
        ...(restart !== undefined && { restart: { ...restart } }),
        shutdown: sharesOf(id),
      }
    }),
  }
}

/** What a resource depends on, by name, as far as somebody wrote so. */
export function dependenciesOf(graph: Graph, id: number): PlannedDependency[] {
  const dependencies: PlannedDependency[] = []
  graph.eachDependency(id, (to, kind, edge) => {
    if (graph.has(to) && !graph.isImplied(edge)) dependencies.push({ resource: graph.nameOf(to), kind })
  })
  return dependencies
}

/** The ids on the chain that takes longest to start, dependencies first. */
function criticalPath({ graph, experienceOf }: PlanInput, present: readonly number[], startTimeout: (id: number) => number) {
  const known = present.some((id) => experienceOf(id).startMs !== undefined)
  const weights = weigh(graph, present, (id) => (known ? (experienceOf(id).startMs ?? 0) : startTimeout(id)))
  const { below, next } = longestPaths(graph, weights)
  let last = NONE
  for (const id of present) {
    if (last === NONE || below[id]! + weights[id]! > below[last]! + weights[last]!) last = id
  }
  const path: number[] = []
  for (let id = last; id !== NONE && graph.has(id); id = next[id]!) path.push(id)
  return { path: path.reverse(), startMs: last === NONE ? 0 : below[last]! + weights[last]! }
}

/** D3, for each resource and for the worst case. */
function teardownOf({ graph, timeouts, shutdown, experienceOf }: PlanInput, present: readonly number[]) {
  const budget = Math.max(0, shutdown.timeout - shutdown.delay)
  const hooks = present.map((id) => hooksOf(graph.definitions[id]!, timeouts, experienceOf(id)))
  const places = new Map(present.map((id, place) => [id, place]))
  const of = (id: number) => hooks[places.get(id)!]!
  const own = weigh(graph, present, (id) => of(id).drain + of(id).stop)
  const reserve = weigh(graph, present, (id) => of(id).drainReserve + of(id).stopReserve)
  const paths = longestPaths(graph, own)
  const reserved = longestPaths(graph, reserve)
  const shares = worstShares(graph, own, reserve, reserved.below, budget)
  const holders = holdersOf(graph, reserve, reserved)
  return {
    worstMs: present.reduce((worst, id) => Math.max(worst, own[id]! + paths.below[id]!), 0),
    sharesOf: (id: number): PlannedShutdown => {
      const { drains, drain, stopReserve, drainReserve } = of(id)
      const times = { ownMs: own[id]!, pathMs: own[id]! + paths.below[id]!, shareMs: shares[id]! }
      if (!drains) return times
      const granted = grantOf(own[id]!, reserve[id]!, reserved.below[id]!, budget)
      const grantedMs = drainPartOf(granted, drain, drainReserve, stopReserve)
      return { ...times, drain: { askedMs: drain, grantedMs, heldBy: grantedMs < drain ? holders(id) : [] } }
    },
  }
}

/** What a resource takes of a teardown. */
function hooksOf({ options }: Definition, timeouts: Required<Timeouts>, { stops, longestStopMs }: Experience) {
  const drains = options.drain !== undefined
  const drain = drains ? (options.timeouts?.drain ?? timeouts.drain) : 0
  const stop = (stops ?? options.stop !== undefined) ? (options.timeouts?.stop ?? timeouts.stop) : 0
  return { drains, drain, stop, drainReserve: drainReserveOf(drain), stopReserve: stopReserveOf(stop, longestStopMs) }
}

/** What each resource may take when everything above it has taken all that it may. */
function worstShares(graph: Graph, own: Float64Array, reserve: Float64Array, below: Float64Array, budget: number): Float64Array {
  const remaining = new Float64Array(graph.size).fill(budget)
  const shares = new Float64Array(graph.size)
  for (let id = graph.size - 1; id >= 0; id--) {
    shares[id] = grantOf(own[id]!, reserve[id]!, below[id]!, remaining[id]!)
    const left = remaining[id] === Infinity ? Infinity : Math.max(0, remaining[id]! - shares[id]!)
    graph.eachDependency(id, (to) => {
      remaining[to] = Math.min(remaining[to]!, left)
    })
  }
  return shares
}

/** The names of those on the longest path of reserves below a resource that have one. */
function holdersOf(graph: Graph, reserve: Float64Array, { next }: Paths): (id: number) => string[] {
  // Past those that hold nothing, so that a long chain of them is not walked for each resource above it.
  const holder = new Int32Array(graph.size).fill(NONE)
  for (let id = 0; id < graph.size; id++) {
    const to = next[id]!
    if (to !== NONE) holder[id] = reserve[to]! > 0 ? to : holder[to]!
  }
  return (id) => {
    const names: string[] = []
    for (let to = holder[id]!; to !== NONE && names.length < MOST_HOLDERS; to = holder[to]!) names.push(graph.nameOf(to))
    return names
  }
}

const MOST_HOLDERS = 20

/** By id; nothing for what has been removed. */
function weigh(graph: Graph, present: readonly number[], weightOf: (id: number) => number): Float64Array {
  const weights = new Float64Array(graph.size)
  for (const id of present) weights[id] = weightOf(id)
  return weights
}

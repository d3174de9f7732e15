import type { EdgeKind, Impact } from '../../index.js'
import { type Random, seeded } from '../random-graph.js'

export const METHODS = [
  'start',
  'shutdown',
  'add',
  'remove',
  'restart',
  'rotate',
  'register',
  'fail',
  'crash',
  'healthy',
  'unhealthy',
  'get',
  'probe',
  'inspect',
  'plan',
  'timeline',
  'panels',
  'find',
  'wrapHooks',
  'stopped',
  'defaults',
  'check',
  'cordon',
  'on',
  'once',
  'off',
] as const

export type Method = (typeof METHODS)[number]

/** One call of a public method: at a time, in a listener of the n-th event, or inside the n-th call of a hook. */
export interface Call {
  readonly from: 'caller' | 'listener' | 'hook'
  /** In ms for a caller, else how many events or hooks come before it. */
  readonly at: number
  readonly method: Method
  /** The resource that it is about. */
  readonly target: number
  /** With dependents, for a removal; awaited by the hook that makes it. */
  readonly flag: boolean
}

/** What a hook does each time: settle at once (undefined), after some ms, or never. */
export interface Deed {
  readonly ms: number | undefined
  /** Out of a hundred times. */
  readonly fails: number
  /** Ends when its signal aborts. */
  readonly polite: boolean
}

export interface Actor {
  /** To those before it. */
  readonly edges: readonly { readonly to: number; readonly kind: EdgeKind }[]
  readonly impact: Impact
  readonly start: Deed
  readonly stop: Deed
  readonly drain: Deed | undefined
  readonly kill: Deed | undefined
  readonly check: Deed | undefined
  readonly activate: Deed | undefined
  readonly quiesce: Deed | undefined
  readonly cleanup: Deed | undefined
  readonly restarts: number
  readonly restartDelay: number
}

/** A kernel, and who calls it when. The first `initial` actors are in it from the beginning. */
export interface CallSpec {
  readonly seed: number
  readonly actors: readonly Actor[]
  readonly initial: number
  readonly base: boolean
  readonly concurrency: number
  readonly shutdown: { readonly delay: number; readonly timeout: number }
  readonly calls: readonly Call[]
}

/** The same for the same seed. */
export function randomCalls(seed: number): CallSpec {
  const random = seeded(seed)
  const below = (end: number) => Math.floor(random() * end)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  const chance = (part: number) => random() < part
  const size = 1 + below(6)
  const actors = Array.from({ length: size }, (_, i) => randomActor(i, random))
  const when = (): Pick<Call, 'from' | 'at'> => {
    const from = pick(['caller', 'listener', 'hook'] as const)
    return { from, at: from === 'caller' ? pick([0, 0, 1, 5, 10, 20, 40, 80, 200]) : below(from === 'listener' ? 40 : 20) }
  }
  const calls: Call[] = []
  for (let n = 1 + below(12); n > 0; n--) {
    const before = calls.at(-1)
    // Often several in one turn.
    const at = before !== undefined && chance(0.35) ? { from: before.from, at: before.at } : when()
    calls.push({ ...at, method: chance(0.75) ? METHODS[below(9)]! : pick(METHODS), target: below(size), flag: chance(0.5) })
  }
  // Something happens in most lives.
  if (chance(0.85)) calls.unshift({ from: 'caller', at: 0, method: 'start', target: 0, flag: false })
  return {
    seed,
    actors,
    initial: chance(0.6) ? size : below(size + 1),
    base: chance(0.15),
    concurrency: pick([Infinity, Infinity, 1, 2]),
    shutdown: { delay: pick([0, 0, 10]), timeout: pick([25_000, 25_000, 1_000, 60]) },
    calls,
  }
}

function randomActor(index: number, random: Random): Actor {
  const below = (end: number) => Math.floor(random() * end)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  const chance = (part: number) => random() < part
  const deed = (fails: number): Deed => ({
    ms: pick([undefined, undefined, 0, 1, 5, 10, 30, chance(0.3) ? Infinity : 3]),
    fails: chance(0.4) ? fails : 0,
    polite: chance(0.5),
  })
  const maybe = (part: number, fails: number) => (chance(part) ? deed(fails) : undefined)
  const edges = new Map<number, EdgeKind>()
  for (let n = below(Math.min(4, index + 1)); n > 0; n--) {
    edges.set(below(index), pick(['required', 'required', 'required', 'optional', 'ref', 'after']))
  }
  return {
    edges: Array.from(edges, ([to, kind]) => ({ to, kind })),
    impact: pick(['unready', 'unready', 'degraded', 'none']),
    start: deed(40),
    stop: deed(20),
    drain: maybe(0.3, 20),
    kill: maybe(0.3, 20),
    check: maybe(0.3, 40),
    activate: maybe(0.25, 20),
    quiesce: maybe(0.25, 20),
    cleanup: maybe(0.25, 20),
    restarts: chance(0.5) ? 1 + below(3) : 0,
    restartDelay: pick([0, 0, 5, 20]),
  }
}

/** Leaves out calls and actors' whims while the same life still goes wrong in the same way. */
export async function shrinkCalls(spec: CallSpec, stillWrong: (spec: CallSpec) => Promise<boolean>): Promise<CallSpec> {
  let current = spec
  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const simpler of simplerThan(current)) {
      if (!(await stillWrong(simpler))) continue
      current = simpler
      shrunk = true
      break
    }
  }
  return current
}

const PLAIN: Deed = { ms: undefined, fails: 0, polite: false }
const OPTIONAL_HOOKS = ['drain', 'kill', 'check', 'activate', 'quiesce', 'cleanup'] as const

function* simplerThan(spec: CallSpec): Generator<CallSpec> {
  for (const i of spec.calls.keys()) yield { ...spec, calls: without(spec.calls, i) }
  if (spec.base) yield { ...spec, base: false }
  if (spec.concurrency !== Infinity) yield { ...spec, concurrency: Infinity }
  if (spec.shutdown.delay > 0) yield { ...spec, shutdown: { ...spec.shutdown, delay: 0 } }
  for (const actor of spec.actors) {
    const but = (change: Partial<Actor>): CallSpec => ({
      ...spec,
      actors: spec.actors.map((other) => (other === actor ? { ...actor, ...change } : other)),
    })
    for (const e of actor.edges.keys()) yield but({ edges: without(actor.edges, e) })
    for (const hook of OPTIONAL_HOOKS) if (actor[hook] !== undefined) yield but({ [hook]: undefined })
    for (const hook of ['start', 'stop'] as const) {
      const { ms, fails, polite } = actor[hook]
      if (ms !== undefined || fails > 0 || polite) yield but({ [hook]: PLAIN })
      if (polite) yield but({ [hook]: { ms, fails, polite: false } })
    }
    if (actor.restarts > 0) yield but({ restarts: 0 })
  }
}

function without<T>(items: readonly T[], index: number): T[] {
  return items.filter((_, i) => i !== index)
}

import type { HookContext, StartContext, StopContext } from '../../define/context.js'
import { definitionsOf } from '../../define/definition-of.js'
import type { ResourceLike } from '../../define/dependency.js'
import type { Replacement } from '../../define/replacement.js'
import { type AnyOptions, Definition } from '../../define/resource.js'
import { Graph } from '../../graph/graph.js'
import type { Track } from '../model/track.js'
import type { Stage } from './stage.js'

/** Where the hooks of a cast find the run that goes on. */
export interface Seat {
  stage: Stage | undefined
  track(name: string): Track
}

/** The resources of a user, with hooks that a simulation decides on. */
export interface Cast {
  readonly graph: Graph
  /** S10: the names of those that the kernel has from the beginning. */
  readonly base: ReadonlySet<string>
  /** By name: what the user defined, to be given to the kernel's methods. */
  readonly originals: ReadonlyMap<string, Definition>
  readonly replacements: readonly Replacement[]
}

/** Takes in a graph, and makes a stand-in for each of its resources: with hooks of its own, or around the real ones. */
export function castOf(
  resources: Iterable<ResourceLike>,
  { base, replacements }: { readonly base: readonly ResourceLike[]; readonly replacements: readonly Replacement[] },
  real: boolean,
  seat: Seat,
): Cast {
  const graph = new Graph(new Map(replacements.map(({ target, by }) => [target, by])))
  graph.addBase(definitionsOf(base, 'base'))
  const baseNames = new Set(graph.definitions.map((_, id) => graph.nameOf(id)))
  graph.add(definitionsOf(resources))
  const originals = new Map<string, Definition>()
  const standIns: Replacement[] = []
  for (const [id, definition] of graph.definitions.entries()) {
    const name = graph.nameOf(id)
    const target = replacements.find(({ target, by }) => by === definition && target.name === name)?.target ?? definition
    originals.set(name, target)
    const standIn = standInFor(name, definition, real, seat)
    standIns.push({ target, by: new Definition(name, standIn, standIn) })
  }
  return { graph, base: baseNames, originals, replacements: standIns }
}

function standInFor(name: string, { options, self }: Definition, real: boolean, seat: Seat): AnyOptions {
  const { impact, labels, timeouts, monitor, restart, retry, shared } = options
  const track = () => seat.track(name)
  const standIn: AnyOptions = {
    get dependsOn() {
      return self.dependsOn ?? {}
    },
    start: (deps, ctx: StartContext) =>
      seat.stage!.start(track(), deps, ctx, () =>
        real ? options.start.call(self, deps, ctx) : { of: name, call: track().calls.start },
      ),
    ...(options.check !== undefined && {
      check: (value: unknown, ctx: HookContext) =>
        seat.stage!.check(track(), value, ctx, () => (real ? options.check!.call(self, value, ctx) : undefined)),
    }),
    ...(options.activate !== undefined && {
      activate: (value: unknown, ctx: HookContext) =>
        seat.stage!.activate(track(), value, ctx, () => (real ? options.activate!.call(self, value, ctx) : undefined)),
    }),
    ...(options.quiesce !== undefined && {
      quiesce: (value: unknown, ctx: StopContext) =>
        seat.stage!.quiesce(track(), value, ctx, () => (real ? options.quiesce!.call(self, value, ctx) : undefined)),
    }),
    ...(options.drain !== undefined && {
      drain: (value: unknown, ctx: StopContext) =>
        seat.stage!.drain(track(), value, ctx, () => (real ? options.drain!.call(self, value, ctx) : undefined)),
    }),
    stop: (value, ctx) =>
      seat.stage!.stop(track(), value, ctx, () => (real ? stopReal(options.stop?.bind(self), value, ctx) : undefined)),
    ...(options.kill !== undefined && {
      kill: (value: unknown) => seat.stage!.kill(track(), value, () => (real ? options.kill!.call(self, value) : undefined)),
    }),
  }
  return Object.assign(standIn, defined({ after: self.after, impact, labels, timeouts, monitor, restart, retry, shared }))
}

function stopReal(stop: AnyOptions['stop'], value: unknown, ctx: StopContext): unknown {
  if (stop !== undefined) return stop(value, ctx)
  const disposable = value as Partial<AsyncDisposable & Disposable> | null | undefined
  return (disposable?.[Symbol.asyncDispose] ?? disposable?.[Symbol.dispose])?.call(disposable)
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

import { symbolOfEveryCopy } from '../copies.js'
import { fromCaller } from '../errors.js'
import type { Resource } from './carrier.js'
import { unknownOption } from './checks.js'
import type { HookContext, StartContext } from './context.js'
import type { Dependencies, ResourceLike, Values } from './dependency.js'
import { validateNamed } from './read-options.js'
import { type AnyOptions, type ResourceOptions, resource, unbounded } from './resource.js'
import { validateFunction } from './validate.js'

/** The value of a subgraph: what it is made of. */
export interface Subgraph {
  /** The names of its resources in the kernel, dependencies first. */
  readonly names: readonly string[]
  /**
   * The value of one of its resources.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE` for what is not part of it, `NOT_STARTED` while that does not run.
   */
  get<T>(resource: ResourceLike<T>): T
}

type Shared = 'dependsOn' | 'after' | 'impact' | 'labels' | 'timeouts' | 'restart' | 'retry' | 'shared'

export interface SubgraphOptions<D extends Dependencies<D>> extends Pick<ResourceOptions<Subgraph, D>, Shared> {
  /**
   * Makes its resources, from the values of what it depends on; called at each start. What these depend on comes along, unless the kernel
   * has it already. Their names begin with that of the subgraph: `tenant/db`.
   */
  resources(deps: Values<D>, ctx: HookContext): Iterable<ResourceLike>
}

/** Where a start context brings up the resources of a subgraph. */
export const BRING_UP: unique symbol = symbolOfEveryCopy('bring-up') as never

export interface SubgraphContext extends StartContext {
  readonly [BRING_UP]: (resources: Iterable<ResourceLike>) => Promise<Subgraph>
}

/**
 * Makes resources parts of the one whose start this is, as those of a `subgraph` are parts of it: they live in the same kernel, under names
 * that begin with its name, above what it depends on; it stops before them, and all of them fail as one. For a resource with a value of its
 * own, such as the app of a framework that has parts with hooks. Once in a start.
 *
 * @throws StartError when one of them does not start that must; what had started is stopped.
 *
 * @example
 * start: async ({ db }, ctx) => {
 *   const app = await createApp(db)
 *   await bringUp(ctx, app.plugins.map((plugin) => pluginResource(plugin)))
 *   return app
 * }
 */
export function bringUp(ctx: StartContext, resources: Iterable<ResourceLike>): Promise<Subgraph> {
  return (ctx as SubgraphContext)[BRING_UP](resources)
}

/** Those that are passed on as they are. */
const PASSED = ['impact', 'labels', 'restart', 'retry', 'shared'] as const
const OPTIONS: readonly string[] = ['dependsOn', 'after', 'timeouts', 'resources', ...PASSED]

/**
 * Defines a group of resources that is made when its dependencies are there: the parts of a plugin, of a tenant, of a framework. They
 * live in the same kernel, with its budget, probe and report, stop before what the subgraph depends on, and count each by its own impact.
 * The subgraph runs when all of them run that must, stops before them, and is one unit of failure: when one of them has crashed, or fails
 * its checks, the whole restarts by the policy of the subgraph, or else by that of the one that failed, and its resources are made anew.
 * In a kernel that runs already they begin to take work as soon as all of them run. `timeouts.start` bounds all of them together; default
 * `Infinity`: each has its own.
 *
 * `retry` tries the whole start again, `resources` included, each time with resources that are made anew; that of one of them tries that
 * one alone, while the subgraph waits for it, or goes on without it until it comes (see `RetryOptions`). `shared` is said of the whole, and
 * a crash of one of them that is shared ends no replica either.
 *
 * @throws KeelsonError `INVALID_OPTION` for a bad name, function or unknown option.
 *
 * @example
 * const tenants = subgraph('tenants', {
 *   dependsOn: { config },
 *   resources: ({ config }) => config.tenants.map((tenant) => tenantServer(tenant)),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function subgraph<const D extends Dependencies<D> = {}>(name: string, options: SubgraphOptions<D>): Resource<Subgraph> {
  try {
    validateNamed(name, options, 'subgraph', 'resources')
    return resource(name, optionsOf(name, options as unknown as SubgraphOptions<Dependencies>)) as Resource<Subgraph>
  } catch (error) {
    throw fromCaller(subgraph, error)
  }
}

function optionsOf(name: string, options: SubgraphOptions<Dependencies>): AnyOptions {
  for (const key of Object.keys(options)) if (!OPTIONS.includes(key)) throw unknownOption(name, key)
  validateFunction(name, 'resources', options.resources)
  const passed = PASSED.map((key) => [key, options[key]]).filter(([, value]) => value !== undefined)
  return {
    get dependsOn() {
      return options.dependsOn ?? {}
    },
    get after() {
      return options.after ?? []
    },
    start: (deps, ctx) => {
      const { name, signal } = ctx
      return bringUp(ctx, options.resources(deps, { name, signal }))
    },
    timeouts: unbounded('start', options.timeouts),
    ...Object.fromEntries(passed),
  }
}

import { type Resource, type ResourceLike, resource, type StopContext } from '@keelson/kernel'
import { signalIn } from './hook-runs.js'
import type { Hooked } from './nest-modules.js'
import type { ProviderNode } from './provider-graph.js'

/** What the kernel gives a start that says nothing, in ms. */
const DEFAULT_START = 30_000

/** The resources that providers become, dependencies first, and how long their starts may take one after the other, in ms. */
export function providerResources(nodes: readonly ProviderNode[]): { resources: readonly Resource<void>[]; startMs: number } {
  const made = new Map<ProviderNode, Resource<void>>()
  const takes = new Map<ProviderNode, number>()
  const names = new Map<string, number>()
  for (const node of nodes) {
    const count = (names.get(node.name) ?? 0) + 1
    names.set(node.name, count)
    const dependsOn = Object.fromEntries(node.needs.map((other) => [made.get(other)!.name, made.get(other)!]))
    const after = node.after.map((other) => made.get(other)!)
    made.set(node, providerResource(count === 1 ? node.name : `${node.name} ${count}`, node, dependsOn, after))
    const below = [...node.needs, ...node.after].map((other) => takes.get(other)!)
    takes.set(node, (node.declared?.options.timeouts?.start ?? DEFAULT_START) + Math.max(0, ...below))
  }
  return { resources: [...made.values()], startMs: Math.max(0, ...takes.values()) }
}

function providerResource(
  name: string,
  { instance, declared }: ProviderNode,
  dependsOn: Readonly<Record<string, ResourceLike>>,
  after: readonly ResourceLike[],
): Resource<void> {
  // Called as they are then: a hook may be set on the instance.
  return resource<void, Readonly<Record<string, ResourceLike>>>(name, {
    ...declared?.options,
    dependsOn,
    after,
    // Its value is nothing: that of a provider is injected by Nest, and would be disposed of.
    start: async () => void (await instance.onModuleInit?.()),
    ...(instance.onApplicationBootstrap && { activate: () => instance.onApplicationBootstrap?.() }),
    ...(instance.beforeApplicationShutdown && {
      drain: async (_, { reason }) => void (await instance.beforeApplicationShutdown?.(signalIn(reason))),
    }),
    ...((instance.onModuleDestroy || instance.onApplicationShutdown) && { stop: (_, ctx) => stop(instance, ctx) }),
  })
}

/** Both, whatever becomes of the first. */
async function stop(instance: Hooked, { reason }: StopContext): Promise<void> {
  const errors: unknown[] = []
  for (const hook of ['onModuleDestroy', 'onApplicationShutdown'] as const) {
    try {
      await instance[hook]?.(signalIn(reason))
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 1) throw new AggregateError(errors)
  if (errors.length === 1) throw errors[0]
}

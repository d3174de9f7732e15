import type { KernelView, StartContext } from '@keelson/kernel'

/** When each leader of a kernel last came to lead, by its name, in ms since the epoch. */
const takeovers = new WeakMap<KernelView, Map<string, number>>()

/** A leader of this kernel leads from now on. */
export function noteTakeover({ kernel, name }: StartContext, at: number): void {
  const known = takeovers.get(kernel) ?? new Map<string, number>()
  takeovers.set(kernel, known.set(name, at))
}

/** When the last of the leaders below a resource came to lead; undefined where there is none. */
export function takenOverAt({ kernel, name }: StartContext): number | undefined {
  const known = takeovers.get(kernel)
  if (known === undefined) return undefined
  const below = dependenciesOf(kernel, name)
  const times = [...below].map((resource) => known.get(resource)).filter((at) => at !== undefined)
  return times.length === 0 ? undefined : Math.max(...times)
}

/** The names of all that a resource depends on, whatever lies between. */
function dependenciesOf(kernel: KernelView, name: string): Set<string> {
  const edges = new Map(kernel.inspect().resources.map((resource) => [resource.name, resource.dependsOn]))
  const below = new Set([name])
  for (const resource of below) for (const { resource: dependency } of edges.get(resource) ?? []) below.add(dependency)
  return below
}

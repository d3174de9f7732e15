import type { Plan } from '@keelson/kernel'

/** Names by the longest chain of dependencies below them, those without any first; in each layer as in the order of the plan. */
export function layersOf({ order, resources }: Plan): string[][] {
  const dependencies = new Map(resources.map(({ name, dependsOn }) => [name, dependsOn]))
  const depths = new Map<string, number>()
  const layers: string[][] = []
  for (const name of order) {
    const depth = dependencies
      .get(name)!
      .reduce((deepest, { resource }) => Math.max(deepest, (depths.get(resource) ?? -1) + 1), 0)
    depths.set(name, depth)
    layers[depth] ??= []
    layers[depth].push(name)
  }
  return layers
}

import type { PlannedDependency } from '@keelson/kernel'

/** What depends on what, both ways. */
export interface Links {
  /** By resource: what it depends on. */
  readonly needs: ReadonlyMap<string, readonly PlannedDependency[]>
  /** By resource: what depends on it. */
  readonly neededBy: ReadonlyMap<string, readonly PlannedDependency[]>
}

/** What the graph is made of. */
export interface Linked {
  readonly name: string
  readonly dependsOn: readonly PlannedDependency[]
}

export function linksOf(resources: Iterable<Linked>): Links {
  const all = [...resources]
  const needs = new Map(all.map(({ name, dependsOn }) => [name, dependsOn] as const))
  const neededBy = new Map(all.map(({ name }) => [name, [] as PlannedDependency[]] as const))
  for (const { name, dependsOn } of all) {
    for (const { resource, kind } of dependsOn) neededBy.get(resource)?.push({ resource: name, kind })
  }
  return { needs, neededBy }
}

/** All that a resource depends on, or that depends on it, over any number of edges; without itself. */
export function reach(name: string, edges: Links['needs']): Set<string> {
  const found = new Set<string>()
  const open = [name]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { resource } of edges.get(next) ?? []) {
      if (resource === name || found.has(resource)) continue
      found.add(resource)
      open.push(resource)
    }
  }
  return found
}

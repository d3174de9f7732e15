/** By what the graph is grouped: nothing, subgraphs, or the values of a label (`label:team`). */
export type Grouping = 'none' | 'subgraph' | `label:${string}`

interface Grouped {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** The group that a resource is in, as `groupOf(resource)` says; none for one that stands alone. */
export function grouperOf(resources: readonly Grouped[], grouping: Grouping): (resource: Grouped) => string | undefined {
  if (grouping === 'none') return () => undefined
  if (grouping === 'subgraph') {
    const parents = subgraphsIn(resources)
    return ({ name }) => {
      const top = name.split('/', 1)[0]!
      return parents.has(top) ? top : undefined
    }
  }
  const key = grouping.slice('label:'.length)
  return ({ labels }) => labels[key]
}

/** What can be chosen: subgraphs where there are any, and labels with at least two values or two resources of one value. */
export function groupingsOf(resources: readonly Grouped[]): Grouping[] {
  const groupings: Grouping[] = ['none']
  if (subgraphsIn(resources).size > 0) groupings.push('subgraph')
  const keys = new Set(resources.flatMap(({ labels }) => Object.keys(labels)))
  for (const key of [...keys].sort()) {
    const values = resources.flatMap(({ labels }) => labels[key] ?? [])
    if (new Set(values).size < values.length) groupings.push(`label:${key}`)
  }
  return groupings
}

/** What is shown at first: up to so many resources as they are, more by the grouping that makes the fewest boxes, but at least 4. */
export function firstGrouping(resources: readonly Grouped[], many: number): Grouping {
  const groupings = groupingsOf(resources)
  const subgraph = groupings.includes('subgraph') ? 'subgraph' : 'none'
  if (resources.length <= many) return subgraph
  const boxes = (grouping: Grouping) => {
    const groupOf = grouperOf(resources, grouping)
    return new Set(resources.map((resource) => groupOf(resource) ?? `/${resource.name}`)).size
  }
  const useful = groupings.filter((grouping) => boxes(grouping) >= 4)
  return useful.reduce((best, grouping) => (boxes(grouping) < boxes(best) ? grouping : best), 'none' as Grouping)
}

/** The resources with others below their name: `orders` of `orders/eu`. */
function subgraphsIn(resources: readonly Grouped[]): Set<string> {
  const names = new Set(resources.map(({ name }) => name))
  const tops = resources.map(({ name }) => name).filter((name) => name.includes('/'))
  return new Set(tops.map((name) => name.split('/', 1)[0]!).filter((top) => names.has(top)))
}

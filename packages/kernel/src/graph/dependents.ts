import type { EdgeKind } from '../words.js'
import type { Graph } from './graph.js'

/** A resource with all that goes along with it, and with those in turn; in the order of their ids. */
export function withDependents<C extends { readonly id: number }>(
  graph: Graph,
  cells: readonly C[],
  root: C,
  goesAlong: (dependent: C, kind: EdgeKind) => boolean,
): C[] {
  const found = new Set([root])
  for (const cell of found) {
    graph.eachDependent(cell.id, (from, kind) => {
      const dependent = cells[from]!
      if (goesAlong(dependent, kind)) found.add(dependent)
    })
  }
  return [...found].sort((a, b) => a.id - b.id)
}

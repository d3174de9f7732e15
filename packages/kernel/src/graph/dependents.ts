import type { EdgeKind } from '../words.js'
import type { Graph } from './graph.js'

/** A resource with all that goes along with it, and with those in turn; in the order of their ids. */
export function withDependents<C extends { readonly id: number }>(
  graph: Graph,
  cells: readonly C[],
  root: C,
  goesAlong: (dependent: C, kind: EdgeKind, dependency: C, edge: number) => boolean,
): C[] {
  const found = new Set([root])
  for (const cell of found) {
    graph.eachDependent(cell.id, (from, kind, edge) => {
      const dependent = cells[from]!
      if (goesAlong(dependent, kind, cell, edge)) found.add(dependent)
    })
  }
  return [...found].sort((a, b) => a.id - b.id)
}

/** Whether any of these, or of those whose values they have by way of whatever, is like that. */
export function someBelow<C extends { readonly id: number }>(
  graph: Graph,
  cells: readonly C[],
  roots: Iterable<C>,
  isLikeThat: (cell: C) => boolean,
): boolean {
  const found = new Set(roots)
  for (const cell of found) {
    if (isLikeThat(cell)) return true
    graph.eachDependency(cell.id, (to, kind) => {
      if (kind === 'required' || kind === 'optional') found.add(cells[to]!)
    })
  }
  return false
}

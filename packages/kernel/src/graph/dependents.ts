import type { Cell } from '../cell/cell.js'
import { type EdgeKind, type Graph, NONE } from './graph.js'

/** A resource with all that goes along with it, and with those in turn; in the order of their ids. */
export function withDependents(
  graph: Graph,
  cells: readonly Cell[],
  root: Cell,
  goesAlong: (dependent: Cell, kind: EdgeKind) => boolean,
): Cell[] {
  const found = new Set([root])
  for (const cell of found) {
    for (let edge = graph.firstDependent.at(cell.id); edge !== NONE; edge = graph.nextDependent.at(edge)) {
      const dependent = cells[graph.edgeFrom.at(edge)]!
      if (goesAlong(dependent, graph.edgeKind[edge]!)) found.add(dependent)
    }
  }
  return [...found].sort((a, b) => a.id - b.id)
}

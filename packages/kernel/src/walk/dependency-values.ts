import type { Cell } from '../cell/cell.js'
import { LiveRef } from '../cell/live-ref.js'
import type { Graph } from '../graph/graph.js'

const NOTHING: Record<string, unknown> = Object.freeze({})

/** What a start hook receives: the values of its dependencies by the names under which it asked for them. */
export function dependencyValues(graph: Graph, cells: readonly Cell[], id: number): Record<string, unknown> {
  const { firstDependency, edgeTo, edgeKind, edgeField } = graph
  const first = firstDependency.at(id)
  const end = firstDependency.at(id + 1)
  if (first === end) return NOTHING
  const values: Record<string, unknown> = {}
  for (let edge = first; edge < end; edge++) {
    const field = edgeField[edge]
    if (field === undefined) continue
    const cell = cells[edgeTo.at(edge)]!
    const there = cell.state === 'running' && cell.course !== 'removing'
    const value = edgeKind[edge] === 'ref' ? new LiveRef(cell) : there ? cell.value : undefined
    if (field === '__proto__') Object.defineProperty(values, field, { value, enumerable: true })
    else values[field] = value
  }
  return values
}

import type { Cell } from '../cell/cell.js'
import { LiveRef } from '../cell/live-ref.js'
import type { Graph } from '../graph/graph.js'

const NOTHING: Record<string, unknown> = Object.freeze({})

/**
 * What a start hook receives: the values of its dependencies by the names under which it asked for them. The resource knows from then on
 * which of the optional ones it is without (R2).
 */
export function dependencyValues(graph: Graph, cells: readonly Cell[], dependent: Cell): Record<string, unknown> {
  const { firstDependency, edgeTo, edgeKind, edgeField } = graph
  const first = firstDependency.at(dependent.id)
  const end = firstDependency.at(dependent.id + 1)
  dependent.without = undefined
  if (first === end) return NOTHING
  const values: Record<string, unknown> = {}
  for (let edge = first; edge < end; edge++) {
    const field = edgeField[edge]
    if (field === undefined) continue
    const cell = cells[edgeTo.at(edge)]!
    const there = cell.state === 'running' && cell.course !== 'removing'
    if (!there && edgeKind[edge] === 'optional') dependent.without = [...(dependent.without ?? []), cell]
    const value = edgeKind[edge] === 'ref' ? new LiveRef(cell) : there ? cell.value : undefined
    if (field === '__proto__') Object.defineProperty(values, field, { value, enumerable: true })
    else values[field] = value
  }
  return values
}

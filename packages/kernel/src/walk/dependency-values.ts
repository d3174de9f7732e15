import type { Cell } from '../cell/cell.js'
import { LiveRef } from '../cell/live-ref.js'
import type { Graph } from '../graph/graph.js'

const NOTHING: Record<string, unknown> = Object.freeze({})

/** What a start hook receives: the values of its dependencies by the names under which it asked for them. */
export function dependencyValues(graph: Graph, cells: readonly Cell[], id: number): Record<string, unknown> {
  if (graph.firstDependency.at(id) === graph.firstDependency.at(id + 1)) return NOTHING
  const values: Record<string, unknown> = {}
  graph.eachDependency(id, (to, kind, edge) => {
    const field = graph.edgeField[edge]
    if (field === undefined) return
    const cell = cells[to]!
    const there = cell.state === 'running' && cell.course !== 'removing'
    const value = kind === 'ref' ? new LiveRef(cell) : there ? cell.value : undefined
    if (field === '__proto__') Object.defineProperty(values, field, { value, enumerable: true })
    else values[field] = value
  })
  return values
}

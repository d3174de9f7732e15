import { type Graph, NONE } from './graph.js'

/** By id, over what a resource depends on, itself left out. */
export interface Paths {
  /** The largest sum of weights of resources that depend on each other, one after the other. */
  readonly below: Float64Array
  /** The dependency with which that path begins, or `NONE`. */
  readonly next: Int32Array
}

/** The longest path below each resource, in one pass over the edges: ids are a topological order. */
export function longestPaths(graph: Graph, weights: Float64Array): Paths {
  const below = new Float64Array(graph.size)
  const next = new Int32Array(graph.size).fill(NONE)
  for (let id = 0; id < graph.size; id++) {
    graph.eachDependency(id, (to) => {
      const length = below[to]! + weights[to]!
      if (next[id] !== NONE && length <= below[id]!) return
      below[id] = length
      next[id] = to
    })
  }
  return { below, next }
}

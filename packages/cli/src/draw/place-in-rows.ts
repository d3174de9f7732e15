import type { DrawnGraph } from './drawn-graph.js'
import { boxOf, GAP, MARGIN, type Placed, type PlacedNode, ROW } from './placed.js'

/** A row for each layer, in the order of the plan, with straight edges: for graphs so large that nobody follows a line in them. */
export function placeInRows({ nodes, edges }: DrawnGraph): Placed {
  const highest = nodes.reduce((most, { layer }) => Math.max(most, layer), 0)
  const ends: number[] = []
  const placed = nodes.map((node): PlacedNode => {
    const { width, height } = boxOf(node.name)
    const left = ends[node.layer] ?? MARGIN
    ends[node.layer] = left + width + GAP
    return { ...node, width, height, x: left + width / 2, y: MARGIN + height / 2 + (highest - node.layer) * (height + ROW) }
  })
  const at = new Map(placed.map((node) => [node.name, node]))
  return {
    width: ends.reduce((most, end) => Math.max(most, end - GAP), MARGIN) + MARGIN,
    height: placed.reduce((most, { y, height }) => Math.max(most, y + height / 2), MARGIN) + MARGIN,
    nodes: placed,
    edges: edges.map((edge) => {
      const [from, to] = [at.get(edge.from)!, at.get(edge.to)!]
      return {
        ...edge,
        points: [
          { x: from.x, y: from.y + from.height / 2 },
          { x: to.x, y: to.y - to.height / 2 },
        ],
      }
    }),
  }
}

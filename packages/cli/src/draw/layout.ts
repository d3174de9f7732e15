import { Graph, layout } from '@dagrejs/dagre'
import type { DrawnGraph } from './drawn-graph.js'
import { placeInRows } from './place-in-rows.js'
import { boxOf, GAP, MARGIN, type Placed, type PlacedNode, type Point, ROW } from './placed.js'

/** Above this dagre takes too long, and too much of the stack. */
const MOST = 600

/** In layers, dependents above what they depend on, with few crossings. */
export function place(drawn: DrawnGraph): Placed {
  const { nodes, edges } = drawn
  if (nodes.length > MOST) return placeInRows(drawn)
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'TB', ranker: 'longest-path', nodesep: GAP, ranksep: ROW, marginx: MARGIN, marginy: MARGIN })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const [i, { name }] of nodes.entries()) graph.setNode(String(i), boxOf(name))
  const ids = new Map(nodes.map(({ name }, i) => [name, String(i)]))
  for (const [i, { from, to }] of edges.entries()) graph.setEdge(ids.get(from)!, ids.get(to)!, {}, String(i))
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width: finite(width),
    height: finite(height),
    nodes: nodes.map((node, i) => ({ ...node, ...(graph.node(String(i)) as Pick<PlacedNode, 'x' | 'y' | 'width' | 'height'>) })),
    edges: edges.map((edge, i) => ({
      ...edge,
      points: (graph.edge(ids.get(edge.from)!, ids.get(edge.to)!, String(i)) as { points: Point[] }).points,
    })),
  }
}

/** What has no node has no size. */
function finite(size: number): number {
  return Number.isFinite(size) ? size : 2 * MARGIN
}

import { Graph, layout } from '@dagrejs/dagre'
import { printable } from '@keelson/kernel/redact'
import { widthOf } from '../output/table.js'
import type { DrawnEdge, DrawnGraph, DrawnNode } from './drawn-graph.js'

interface Point {
  readonly x: number
  readonly y: number
}

/** A node with where its middle is, in px. */
export interface PlacedNode extends DrawnNode, Point {
  readonly width: number
  readonly height: number
}

export interface PlacedEdge extends DrawnEdge {
  readonly points: readonly Point[]
}

export interface Placed {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** Of a letter, in px. */
const LETTER = 7.8

/** In layers, dependents above what they depend on, with few crossings. */
export function place({ nodes, edges }: DrawnGraph): Placed {
  const graph = new Graph({ multigraph: true }).setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 56, marginx: 16, marginy: 16 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const [i, { name }] of nodes.entries()) {
    graph.setNode(String(i), { width: Math.max(64, widthOf(printable(name)) * LETTER + 28), height: 36 })
  }
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
  return Number.isFinite(size) ? size : 32
}

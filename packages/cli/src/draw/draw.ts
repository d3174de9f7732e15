import type { Kernel } from '@keelson/kernel'
import { json } from '../output/json.js'
import { dot } from './dot.js'
import { drawnGraph } from './drawn-graph.js'
import { mermaid } from './mermaid.js'

export type GraphFormat = 'mermaid' | 'dot' | 'json' | 'svg'

/** The graph of a kernel, which need not run, as a text: for Mermaid, for Graphviz, as JSON or as a picture of its own. */
export async function drawKernel(kernel: Kernel, format: GraphFormat): Promise<string> {
  const graph = drawnGraph(kernel)
  switch (format) {
    case 'mermaid':
      return mermaid(graph)
    case 'dot':
      return dot(graph)
    case 'json':
      return json(graph)
    case 'svg':
      // The layout of a picture is loaded by who wants one.
      return (await import('./svg.js')).svg(graph)
    default:
      return format satisfies never
  }
}

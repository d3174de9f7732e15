import type { EdgeKind } from '@keelson/kernel'
import { printable } from '@keelson/kernel/redact'
import type { DrawnGraph } from './drawn-graph.js'

const EDGES: Readonly<Record<EdgeKind, string>> = {
  required: '',
  optional: ' [style=dashed, label="optional"]',
  ref: ' [style=dotted, label="ref"]',
  after: ' [style=dotted, arrowhead=open, label="after"]',
}
const NODES = { unready: '', degraded: ', style="rounded,dashed"', none: ', style="rounded,dotted"' } as const

/** For Graphviz: `keelson graph src/main.ts --format dot | dot -Tpng`. */
export function dot({ name, nodes, edges }: DrawnGraph): string {
  const ids = new Map(nodes.map((node, i) => [node.name, `n${i}`]))
  return [
    `digraph ${quoted(name)} {`,
    `  label=${quoted(name)}; labelloc=t; rankdir=TB; node [shape=box, style=rounded, fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10]`,
    ...nodes.map((node) => `  ${ids.get(node.name)} [label=${quoted(node.name)}${NODES[node.impact]}]`),
    ...edges.map(({ from, to, kind }) => `  ${ids.get(from)} -> ${ids.get(to)}${EDGES[kind]}`),
    '}',
  ].join('\n')
}

/** A label means something by `\N` and `&lt;`, too. */
function quoted(text: string): string {
  const inert = printable(text).replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  return `"${inert}"`
}

import type { EdgeKind } from '@keelson/kernel'
import { printable } from '@keelson/kernel/redact'
import type { DrawnGraph } from './drawn-graph.js'
import { place } from './layout.js'
import type { PlacedEdge, PlacedNode } from './placed.js'

const STYLE = `
  svg { --ink: #1f2328; --paper: #ffffff; --box: #f6f8fa; --line: #57606a; --critical: #0969da; font: 13px ui-monospace, monospace }
  @media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --paper: #0d1117; --box: #161b22; --line: #8b949e; --critical: #58a6ff } }
  .paper { fill: var(--paper) }
  rect.node { fill: var(--box); stroke: var(--line); stroke-width: 1.5 }
  rect.critical { stroke: var(--critical); stroke-width: 2.5 }
  rect.degraded { stroke-dasharray: 6 3 }
  rect.none { stroke-dasharray: 2 3 }
  text { fill: var(--ink); text-anchor: middle; dominant-baseline: central }
  text.small { fill: var(--line); font-size: 11px; text-anchor: start }
  path { fill: none; stroke: var(--line); stroke-width: 1.5 }
  path.optional { stroke-dasharray: 6 3 }
  path.ref { stroke-dasharray: 2 3 }
  path.after { stroke-dasharray: 1 5; stroke-linecap: round }
  marker path { fill: var(--line); stroke: none }`

const KINDS: readonly EdgeKind[] = ['required', 'optional', 'ref', 'after']

/** A picture that needs nothing but itself, in light and dark: dependents above what they depend on, the critical path framed in blue. */
export function svg(graph: DrawnGraph): string {
  const { width, height, nodes, edges } = place(graph)
  const kinds = KINDS.filter((kind) => edges.some((edge) => edge.kind === kind))
  const legend = kinds.length === 0 ? 0 : 28
  const whole = { width: Math.ceil(Math.max(width, 32 + kinds.length * 110)), height: Math.ceil(height + legend) }
  const name = escaped(graph.name)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${name}" width="${whole.width}" height="${whole.height}" viewBox="0 0 ${whole.width} ${whole.height}">`,
    `<title>${name}</title>`,
    `<desc>${escaped(inWords(graph))}</desc>`,
    `<style>${STYLE}\n</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    '<rect class="paper" width="100%" height="100%"/>',
    ...edges.map(edgePath),
    ...nodes.map(nodeBox),
    ...kinds.map((kind, i) => legendOf(kind, 16 + i * 110, height + 8)),
    '</svg>',
  ].join('\n')
}

function nodeBox({ name, x, y, width, height, impact, critical }: PlacedNode): string {
  const classes = ['node', impact, ...(critical ? ['critical'] : [])].join(' ')
  const box = `x="${px(x - width / 2)}" y="${px(y - height / 2)}" width="${px(width)}" height="${px(height)}" rx="8"`
  return `<g><title>${escaped(name)}: impact ${impact}</title><rect class="${classes}" ${box}/><text x="${px(x)}" y="${px(y)}">${escaped(name)}</text></g>`
}

/** Through the middles between the points that the layout gives, so that it has no corners. */
function edgePath({ from, to, kind, points }: PlacedEdge): string {
  const [first, ...others] = points
  const last = others.pop()!
  const curves = others.map((point, i) => {
    const next = others[i + 1] ?? last
    const end = i === others.length - 1 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 }
    return `Q${px(point.x)} ${px(point.y)} ${px(end.x)} ${px(end.y)}`
  })
  const path = curves.length === 0 ? `L${px(last.x)} ${px(last.y)}` : curves.join(' ')
  const start = `M${px(first!.x)} ${px(first!.y)}`
  return `<path class="${kind}" d="${start} ${path}" marker-end="url(#arrow)"><title>${escaped(`${from} → ${to} (${kind})`)}</title></path>`
}

function legendOf(kind: EdgeKind, x: number, y: number): string {
  return `<path class="${kind}" d="M${x} ${px(y)} H${x + 32}" marker-end="url(#arrow)"/><text class="small" x="${x + 38}" y="${px(y)}">${kind}</text>`
}

/** For who does not see the picture. */
function inWords({ nodes, edges }: DrawnGraph): string {
  const sentences = nodes.flatMap(({ name }) => {
    const on = edges.filter(({ from }) => from === name).map(({ to, kind }) => (kind === 'required' ? to : `${to} (${kind})`))
    return on.length === 0 ? [] : [`${name} depends on ${on.join(', ')}.`]
  })
  return `${nodes.length} resources. ${sentences.join(' ')}`
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text of XML: what XML has no character for is shown as something else. */
function escaped(text: string): string {
  return printable(text)
    .replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

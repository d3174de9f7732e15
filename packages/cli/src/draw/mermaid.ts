import { inert } from '../output/json.js'
import type { DrawnGraph } from './drawn-graph.js'

/** As GitHub, GitLab and most wikis draw it: dependents above what they depend on. */
export function mermaid({ name, nodes, edges }: DrawnGraph): string {
  const ids = new Map(nodes.map((node, i) => [node.name, `n${i}`]))
  const classes = new Map([
    ['degraded', 'stroke-dasharray: 6 3'],
    ['none', 'stroke-dasharray: 2 3'],
  ])
  const used = [...classes].filter(([impact]) => nodes.some((node) => node.impact === impact))
  return [
    '---',
    `title: ${inert(JSON.stringify(name))}`,
    '---',
    'flowchart TB',
    ...nodes.map(
      (node) => `  ${ids.get(node.name)}["${label(node.name)}"]${classes.has(node.impact) ? `:::${node.impact}` : ''}`,
    ),
    ...edges.map(({ from, to, kind }) => `  ${ids.get(from)} ${kind === 'required' ? '-->' : `-.->|${kind}|`} ${ids.get(to)}`),
    ...used.map(([impact, style]) => `  classDef ${impact} ${style}`),
  ].join('\n')
}

/** Whatever may mean something to Mermaid, as the number of its character. */
function label(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{M} _./:-]/gu, (character) => `#${character.codePointAt(0)};`)
}

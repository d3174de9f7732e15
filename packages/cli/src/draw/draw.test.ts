import { createKernel, optional, type ResourceLike, ref, resource } from '@keelson/kernel'
import { instance } from '@viz-js/viz'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { parseMermaid } from '../test-support/mermaid-parser.js'
import { dot } from './dot.js'
import { type DrawnGraph, drawnGraph } from './drawn-graph.js'
import { place } from './layout.js'
import { mermaid } from './mermaid.js'
import { svg } from './svg.js'

const start = () => ({})

/** The texts of `text` elements. Throws what is no XML. */
function textsOf(xml: string): string[] {
  const texts: string[] = []
  const parser = new SaxesParser()
  let element = ''
  parser.on('opentag', ({ name }) => {
    element = name
    if (name === 'text') texts.push('')
  })
  parser.on('text', (text) => {
    if (element === 'text') texts.push(`${texts.pop()}${text}`)
  })
  parser.on('closetag', () => {
    element = ''
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.write(xml).close()
  return texts
}

const db = resource('db', { start })
const cache = resource('cache', { start, impact: 'degraded', shared: true, labels: { team: 'shop' } })
const log = resource('log', { start, impact: 'none' })
const orders = resource('orders', { dependsOn: { db, cache: optional(cache) }, start })
const api = resource('api', { dependsOn: { orders, db, cache: ref(cache) }, after: [log], start })
const shop = drawnGraph(createKernel([api], { name: 'shop' }))

/** Names that mean something to one format or the other. */
const NAMES = [
  'end',
  'a"b',
  "it's",
  'a\\b',
  'ends with \\',
  '<b>x</b>',
  '&lt;',
  'x#35;',
  'sub/graph',
  '注文',
  '🚢',
  '`tick`',
  '-->',
  '%%',
  '{}',
  '\\N',
  '__proto__',
]
const hostile = drawnGraph(
  createKernel(
    [resource('top ;]', { dependsOn: Object.fromEntries(NAMES.map((name, i) => [`d${i}`, resource(name, { start })])), start })],
    {
      name: 'a "strange": <name> #1',
    },
  ),
)

describe('what is drawn', () => {
  it('has each resource with its layer and what it means', () => {
    expect(shop.nodes).toMatchObject([
      { name: 'db', layer: 0, impact: 'unready', critical: true },
      { name: 'cache', layer: 0, impact: 'degraded', shared: true, labels: { team: 'shop' } },
      { name: 'orders', layer: 1 },
      { name: 'log', layer: 0, impact: 'none' },
      { name: 'api', layer: 2, critical: true },
    ])
  })

  it('has each edge with its kind, from who depends', () => {
    expect(shop.edges).toEqual([
      { from: 'orders', to: 'db', kind: 'required' },
      { from: 'orders', to: 'cache', kind: 'optional' },
      { from: 'api', to: 'orders', kind: 'required' },
      { from: 'api', to: 'db', kind: 'required' },
      { from: 'api', to: 'cache', kind: 'ref' },
      { from: 'api', to: 'log', kind: 'after' },
    ])
  })
})

const graphs: [string, DrawnGraph][] = [
  ['a usual graph', shop],
  ['names that mean something', hostile],
  ['one of nothing', drawnGraph(createKernel([], { name: 'empty' }))],
]

describe.each(graphs)('%s', (_, graph) => {
  const names = graph.nodes.map(({ name }) => name)

  it('is what Mermaid reads', async () => {
    const { labels, edges } = await parseMermaid(mermaid(graph))
    expect([...labels.values()]).toEqual(names)
    const told = edges.map(({ start, end, text, stroke }) => ({
      from: labels.get(start),
      to: labels.get(end),
      kind: stroke === 'normal' ? 'required' : text,
    }))
    expect(told).toEqual(graph.edges)
  })

  it('is what Graphviz reads', async () => {
    const viz = await instance()
    const { objects = [], edges = [] } = viz.renderJSON(dot(graph)) as {
      objects?: { label: string }[]
      edges?: { tail: number; head: number; label?: string }[]
    }
    expect(objects).toHaveLength(names.length)
    const drawn = viz.renderString(dot(graph), { format: 'svg' })
    for (const name of names) expect(textsOf(drawn)).toContain(name)
    const kinds = graph.edges.map(({ from, to, kind }) => [
      names.indexOf(from),
      names.indexOf(to),
      kind === 'required' ? undefined : kind,
    ])
    expect(edges.map(({ tail, head, label }) => [tail, head, label || undefined])).toEqual(kinds)
  })

  it('is well-formed as a picture, and has every name', () => {
    const picture = svg(graph)
    const texts = textsOf(picture)
    for (const name of names) expect(texts).toContain(name)
  })
})

/** A chain with another beside each of its links. */
function tall(length: number): DrawnGraph {
  let last = resource('r0', { start })
  for (let i = 1; i < length; i++) last = resource(`r${i}`, { dependsOn: { last, beside: resource(`b${i}`, { start }) }, start })
  return drawnGraph(createKernel([last]))
}

it.each([
  ['a usual one', shop],
  ['one that is too large for a fine layout', tall(2_000)],
])('a picture has dependents above what they depend on, and no box over another: %s', (_, graph) => {
  const { nodes, edges, width, height } = place(graph)
  const at = new Map(nodes.map((node) => [node.name, node]))
  for (const { from, to } of edges) if (at.get(from)!.y >= at.get(to)!.y) throw new Error(`${from} is not above ${to}`)
  for (const { x, y, width: w, height: h } of nodes)
    if (x - w / 2 < 0 || x + w / 2 > width || y + h / 2 > height) throw new Error('outside')
  const sorted = [...nodes].sort((a, b) => a.y - b.y || a.x - b.x)
  for (const [i, b] of sorted.entries()) {
    const a = sorted[i - 1]
    if (a !== undefined && a.y === b.y && b.x - a.x < (a.width + b.width) / 2) throw new Error(`${b.name} is over ${a.name}`)
  }
  expect(textsOf(svg(graph)).length).toBeGreaterThanOrEqual(nodes.length)
})

it('characters that XML does not have are shown as others', () => {
  const strange = drawnGraph(createKernel([resource('a\u0007b\ud800c', { start })] as ResourceLike[]))
  expect(() => textsOf(svg(strange))).not.toThrow()
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawingOf, drawnFor } from './drawing.js'
import { firstGrouping, groupingsOf } from './grouping.js'
import { groupId, visibleGraph } from './visible-graph.js'

const on = (...names: string[]) => names.map((resource) => ({ resource, kind: 'required' as const }))
const resources = [
  { name: 'config', labels: {}, dependsOn: [] },
  { name: 'db', labels: { team: 'storage' }, dependsOn: on('config') },
  { name: 'cache', labels: { team: 'storage' }, dependsOn: [{ resource: 'config', kind: 'ref' as const }] },
  { name: 'api', labels: { team: 'web' }, dependsOn: on('db', 'cache') },
]

describe('what is drawn of a graph', () => {
  test('is all of it, where nothing is grouped', () => {
    const graph = visibleGraph(resources, 'none', () => true)
    expect(graph.boxes.map(({ id }) => id)).toEqual(['config', 'db', 'cache', 'api'])
    expect(graph.ties).toHaveLength(4)
    expect(graph.groups).toEqual([])
  })

  test('has a closed group as one box, with the edges of its members', () => {
    const graph = visibleGraph(resources, 'label:team', (group) => group === 'storage')
    expect(graph.groups).toEqual(['storage', 'web'])
    expect(graph.boxes).toEqual([
      { id: 'config', label: 'config', members: ['config'], isGroup: false },
      { id: groupId('storage'), label: 'storage', members: ['db', 'cache'], isGroup: true },
      { id: 'api', label: 'api', members: ['api'], isGroup: false, group: 'web' },
    ])
    expect(graph.ties).toEqual([
      { from: groupId('storage'), to: 'config', kind: 'required', count: 2 },
      { from: 'api', to: groupId('storage'), kind: 'required', count: 2 },
    ])
  })

  test('has the frame of an open group around its members', () => {
    const drawing = drawingOf(visibleGraph(resources, 'label:team', () => false))
    const frame = drawing.frames.get('storage')!
    for (const name of ['db', 'cache']) {
      const box = drawing.boxes.get(name)!
      expect(
        box.x >= frame.x &&
          box.y >= frame.y &&
          box.x + box.width <= frame.x + frame.width &&
          box.y + box.height <= frame.y + frame.height,
      ).toBe(true)
    }
  })

  test('has every box and every edge in place, however it is grouped and turned', () => {
    const any = fc.array(
      fc.record({ team: fc.constantFrom('a', 'b', 'c', undefined), deps: fc.array(fc.nat(30), { maxLength: 3 }) }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(any, fc.subarray(['a', 'b', 'c']), fc.boolean(), (drawn, closed, narrow) => {
        const nodes = drawn.map(({ team, deps }, index) => ({
          name: `n${index}`,
          labels: team === undefined ? {} : ({ team } as Record<string, string>),
          dependsOn: on(...[...new Set(deps.filter((dep) => dep < index))].map((dep) => `n${dep}`)),
        }))
        const graph = visibleGraph(nodes, 'label:team', (group) => closed.includes(group))
        expect(graph.boxes.flatMap(({ members }) => members).sort()).toEqual(nodes.map(({ name }) => name).sort())
        const drawing = drawnFor(graph, narrow ? { width: 360, height: 500 } : { width: 900, height: 700 })
        for (const { id } of graph.boxes) {
          const { x, y, width, height } = drawing.boxes.get(id)!
          expect(x >= -1e-6 && y >= -1e-6 && x + width <= drawing.width + 1e-6 && y + height <= drawing.height + 1e-6).toBe(true)
        }
        expect(drawing.edges.map(({ tie }) => tie)).toEqual(graph.ties)
        for (const { path } of drawing.edges) expect(path).toMatch(/^M-?[\d.]+ -?[\d.]+(C[-\d. ]+)+$/)
      }),
    )
  })
})

describe('groups', () => {
  const subgraph = ['tenants', 'tenants/eu', 'tenants/us', 'tenants/eu/db', 'alone/x'].map((name) => ({
    name,
    labels: {},
    dependsOn: [],
  }))

  test('are subgraphs with what is below them', () => {
    expect(groupingsOf(subgraph)).toEqual(['none', 'subgraph'])
    const graph = visibleGraph(subgraph, 'subgraph', () => true)
    expect(graph.boxes.map(({ id, members }) => [id, members.length])).toEqual([
      [groupId('tenants'), 4],
      ['alone/x', 1],
    ])
  })

  test('are labels that more than one resource shares', () => {
    expect(groupingsOf(resources)).toEqual(['none', 'label:team'])
    expect(
      groupingsOf([
        { name: 'a', labels: { id: '1' } },
        { name: 'b', labels: { id: '2' } },
      ]),
    ).toEqual(['none'])
  })

  test('are there at first only where there is too much to see', () => {
    expect(firstGrouping(resources, 24)).toBe('none')
    const teams = ['a', 'b', 'c', 'd', 'e', 'f']
    const many = Array.from({ length: 200 }, (_, index) => ({
      name: `n${index}`,
      labels: { team: teams[index % 6]!, zone: `${index % 2}` },
    }))
    expect(firstGrouping(many, 90)).toBe('label:team')
    expect(firstGrouping(many, 500)).toBe('none')
  })
})

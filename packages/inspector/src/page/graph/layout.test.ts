import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LayoutInput } from './columns.js'
import { columnsOf } from './columns.js'
import { layout, type Rect } from './layout.js'

/** Graphs without a circle: each box depends only on those before it. */
const acyclic = fc.array(fc.array(fc.nat(40), { maxLength: 4 }), { maxLength: 40 }).map((all): LayoutInput => {
  const boxes = all.map((_, index) => ({ id: `n${index}`, width: 100 + (index % 3) * 20, height: 40 + (index % 2) * 30 }))
  const edges = all.flatMap((deps, index) =>
    deps.filter((dep) => dep < index).map((dep) => ({ from: `n${index}`, to: `n${dep}` })),
  )
  return { boxes, edges }
})

const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height - 1e-6 && b.y < a.y + a.height - 1e-6

describe('a layout', () => {
  test('has who depends left of what it depends on, nobody over another, and all of it within its bounds', () => {
    fc.assert(
      fc.property(acyclic, (input) => {
        const { rects, width, height } = layout(input)
        expect(rects.size).toBe(input.boxes.length)
        const all = [...rects.values()]
        for (const { from, to } of input.edges)
          expect(rects.get(from)!.x + rects.get(from)!.width).toBeLessThanOrEqual(rects.get(to)!.x)
        all.forEach((rect, index) => {
          expect(
            rect.x >= -1e-6 && rect.y >= -1e-6 && rect.x + rect.width <= width + 1e-6 && rect.y + rect.height <= height + 1e-6,
          ).toBe(true)
          for (const other of all.slice(index + 1)) expect(overlap(rect, other)).toBe(false)
        })
      }),
    )
  })

  test('has the ways of edges between their ends', () => {
    fc.assert(
      fc.property(acyclic, (input) => {
        const { rects, ways } = layout(input)
        input.edges.forEach(({ from, to }, index) => {
          const xs = ways[index]!.map(({ x }) => x)
          expect(xs).toEqual([...xs].sort((a, b) => a - b))
          for (const x of xs) expect(x > rects.get(from)!.x && x < rects.get(to)!.x + rects.get(to)!.width).toBe(true)
        })
      }),
    )
  })

  test('is the same for the same graph', () => {
    fc.assert(
      fc.property(acyclic, (input) => {
        expect(layout(input)).toEqual(layout(structuredClone(input)))
      }),
    )
  })

  test('takes in circles, edges to itself, edges twice and edges to nobody', () => {
    const boxes = ['a', 'b', 'c'].map((id) => ({ id, width: 100, height: 40 }))
    const edges = ['ab', 'bc', 'ca', 'aa', 'ab', 'ax', 'xa'].map((edge) => ({ from: edge[0]!, to: edge[1]! }))
    const { rects, ways } = layout({ boxes, edges })
    expect(rects.size).toBe(3)
    expect(ways).toHaveLength(edges.length)
    expect(layout({ boxes: [], edges: [] })).toMatchObject({ width: 0, height: 0 })
  })

  test('has no crossing in a graph that can be drawn without', () => {
    const boxes = ['a', 'b', 'c', 'x', 'y', 'z'].map((id) => ({ id, width: 100, height: 40 }))
    const edges = ['az', 'by', 'cx'].map((edge) => ({ from: edge[0]!, to: edge[1]! }))
    const { rects } = layout({ boxes, edges })
    const order = (ids: string) => [...ids].sort((a, b) => rects.get(a)!.y - rects.get(b)!.y)
    const partner: Record<string, string> = { z: 'a', y: 'b', x: 'c' }
    expect(order('xyz').map((id) => partner[id])).toEqual(order('abc'))
  })
})

describe('columns', () => {
  const boxes = ['server', 'db', 'config', 'metrics'].map((id) => ({ id, width: 1, height: 1 }))
  const edges = [
    { from: 'server', to: 'db' },
    { from: 'db', to: 'config' },
    { from: 'metrics', to: 'config' },
  ]

  test('stand as near to what they depend on as they can', () => {
    const columns = columnsOf({ boxes, edges }, 10).map((column) => [...column].sort())
    expect(columns).toEqual([['server'], ['db', 'metrics'], ['config']])
  })

  test('are broken where they are too long', () => {
    const many = Array.from({ length: 10 }, (_, index) => ({ id: `${index}`, width: 1, height: 1 }))
    expect(columnsOf({ boxes: many, edges: [] }, 4).map(({ length }) => length)).toEqual([4, 4, 2])
  })
})

import { columnsOf, type LayoutInput } from './columns.js'
import type { Layout, Rect } from './layout.js'

const GAP = 40

/**
 * Lays boxes of very different sizes out in rows, half as wide again as high on the whole: who depends comes before what it depends on.
 * For groups that depend on each other both ways, of which columns would make one long line.
 */
export function shelved(input: LayoutInput): Layout {
  const sizes = new Map(input.boxes.map((box) => [box.id, box]))
  const area = input.boxes.reduce((sum, { width, height }) => sum + (width + GAP) * (height + GAP), 0)
  const widest = input.boxes.reduce((most, { width }) => Math.max(most, width), 0)
  const room = Math.max(widest, Math.sqrt(area * 1.5))
  const rects = new Map<string, Rect>()
  let [x, y, high, width] = [0, 0, 0, 0]
  for (const id of columnsOf(input, Number.POSITIVE_INFINITY).flat()) {
    const box = sizes.get(id)!
    if (x > 0 && x + box.width > room) {
      x = 0
      y += high + GAP
      high = 0
    }
    rects.set(id, { x, y, width: box.width, height: box.height })
    width = Math.max(width, x + box.width)
    high = Math.max(high, box.height)
    x += box.width + GAP
  }
  return { width, height: y + high, rects, ways: input.edges.map(() => []) }
}

import type { Point, Rect } from './layout.js'

/** The `d` of an edge from one box to another that goes by these points: it leaves and enters straight, on the sides that face each other. */
export function pathOf(from: Rect, to: Rect, by: readonly Point[], upright = false): string {
  const isBeside = from.x + from.width <= to.x || to.x + to.width <= from.x
  const isAbove = from.y + from.height <= to.y || to.y + to.height <= from.y
  const isDown = upright ? isAbove || !isBeside : !isBeside
  return isDown ? curve([...ends(flipped(from), flipped(to), by.map(flip))].map(flip), true) : curve(ends(from, to, by), false)
}

function ends(from: Rect, to: Rect, by: readonly Point[]): readonly Point[] {
  const forwards = from.x + from.width / 2 <= to.x + to.width / 2
  return [
    { x: forwards ? from.x + from.width : from.x, y: from.y + from.height / 2 },
    ...by,
    { x: forwards ? to.x : to.x + to.width, y: to.y + to.height / 2 },
  ]
}

function curve(points: readonly Point[], isDown: boolean): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`
  return points
    .map((point, index) => {
      const before = points[index - 1]
      if (before === undefined) return `M${at(point)}`
      const bend = isDown ? { x: 0, y: (point.y - before.y) / 2 } : { x: (point.x - before.x) / 2, y: 0 }
      return `C${at({ x: before.x + bend.x, y: before.y + bend.y })} ${at({ x: point.x - bend.x, y: point.y - bend.y })} ${at(point)}`
    })
    .join('')
}

function flip({ x, y }: Point): Point {
  return { x: y, y: x }
}

function flipped({ x, y, width, height }: Rect): Rect {
  return { x: y, y: x, width: height, height: width }
}

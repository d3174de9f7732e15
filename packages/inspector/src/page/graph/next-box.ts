import type { Rect } from './layout.js'

export type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

/** The box that an arrow key leads to: the nearest in that direction, what is straight ahead before what is aside, and what is connected first. */
export function nextBox(
  from: string,
  direction: Direction,
  boxes: ReadonlyMap<string, Rect>,
  connected: ReadonlySet<string>,
): string | undefined {
  const start = boxes.get(from)
  if (start === undefined) return undefined
  let best: { id: string; cost: number } | undefined
  for (const [id, rect] of boxes) {
    const cost = id === from ? undefined : costOf(start, rect, direction)
    if (cost === undefined) continue
    const felt = connected.has(id) ? cost / 4 : cost
    if (best === undefined || felt < best.cost) best = { id, cost: felt }
  }
  return best?.id
}

function costOf(from: Rect, to: Rect, direction: Direction): number | undefined {
  const dx = to.x + to.width / 2 - (from.x + from.width / 2)
  const dy = to.y + to.height / 2 - (from.y + from.height / 2)
  const isAcross = direction === 'ArrowLeft' || direction === 'ArrowRight'
  const ahead = { ArrowLeft: -dx, ArrowRight: dx, ArrowUp: -dy, ArrowDown: dy }[direction]
  const room = isAcross ? (from.width + to.width) / 4 : (from.height + to.height) / 4
  if (ahead < room) return undefined
  return ahead + 3 * Math.abs(isAcross ? dy : dx)
}

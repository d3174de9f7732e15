import { columnsOf, type LayoutInput } from './columns.js'
import { stacked } from './stack.js'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Where something is: its upper left corner and its size. */
export interface Rect extends Point {
  readonly width: number
  readonly height: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly rects: ReadonlyMap<string, Rect>
  /** In the order of the edges that were asked for: where each goes by, between its ends; empty for an edge between neighbouring columns. */
  readonly ways: readonly (readonly Point[])[]
}

/** Room between boxes, in px. */
const GAP = 14
const COLUMN_GAP = 60
/** An edge that goes past a column has a lane there, so that it is not hidden behind boxes; of graphs with more lanes than these, edges go behind them. */
const MOST_LANES = 240
const LANE = 4
const SWEEPS = 6

/** One place of a column: a box, or the lane of an edge that goes by. */
interface Slot {
  readonly key: string
  readonly width: number
  readonly height: number
  middle: number
  readonly left: Slot[]
  readonly right: Slot[]
}

/** Lays boxes out in columns, each left of what it depends on, with few crossings and near to what it is connected with. Deterministic. */
export function layout(input: LayoutInput): Layout {
  const { boxes } = input
  if (boxes.length === 0) return { width: 0, height: 0, rects: new Map(), ways: [] }
  const ids = columnsOf(input, rowsFor(boxes))
  const { columns, lanes } = slotsOf(input, ids)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    arrange(columns)
    arrange([...columns].reverse(), true)
  }
  for (const column of columns) settle(column, (slot) => slot.middle)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of columns) settle(column, near)
    for (const column of [...columns].reverse()) settle(column, near)
  }
  return measured(input, columns, lanes)
}

/** So many boxes in a column that the whole is half as wide again as high. */
function rowsFor(boxes: LayoutInput['boxes']): number {
  const area = boxes.reduce((sum, { width, height }) => sum + (width + COLUMN_GAP) * (height + GAP), 0)
  const height = area / boxes.reduce((sum, box) => sum + box.width + COLUMN_GAP, 0)
  return Math.max(8, Math.ceil(Math.sqrt(area / 1.5) / height))
}

function slotsOf({ boxes, edges }: LayoutInput, ids: readonly string[][]): { columns: Slot[][]; lanes: Slot[][] } {
  const slot = (key: string, width: number, height: number): Slot => ({ key, width, height, middle: 0, left: [], right: [] })
  const slots = new Map(boxes.map(({ id, width, height }) => [id, slot(id, width, height)]))
  const columnOf = new Map(ids.flatMap((column, index) => column.map((id) => [id, index] as const)))
  const columns = ids.map((column) => column.map((id) => slots.get(id)!))
  const spans = edges.map(({ from, to }) => (columnOf.get(to) ?? Number.NaN) - (columnOf.get(from) ?? Number.NaN))
  const hasLanes = spans.reduce((sum, span) => sum + (span > 1 ? span - 1 : 0), 0) <= MOST_LANES
  const lanes = edges.map(({ from, to }, index) => {
    const way: Slot[] = []
    if (!(spans[index]! > 0)) return way
    let before = slots.get(from)!
    for (let passed = columnOf.get(from)! + 1; hasLanes && passed < columnOf.get(to)!; passed++) {
      const lane = slot(`${index}`, 0, LANE)
      columns[passed]!.push(lane)
      way.push(lane)
      tie(before, lane)
      before = lane
    }
    tie(before, slots.get(to)!)
    return way
  })
  for (const column of columns) {
    column.forEach((each, index) => {
      each.middle = index
    })
  }
  return { columns, lanes }
}

function tie(left: Slot, right: Slot): void {
  left.right.push(right)
  right.left.push(left)
}

/** Orders each column by the mean place of what its slots are connected with on the one side. */
function arrange(columns: readonly Slot[][], backwards = false): void {
  for (const column of columns) {
    const wish = (slot: Slot) => {
      const others = backwards ? slot.right : slot.left
      return others.length === 0 ? slot.middle : meanOf(others)
    }
    const wishes = new Map(column.map((slot) => [slot, wish(slot)]))
    column.sort((a, b) => wishes.get(a)! - wishes.get(b)!)
    // Relative to its length, so that short columns compare with long ones.
    column.forEach((slot, index) => {
      slot.middle = (index + 0.5) / column.length
    })
  }
}

function settle(column: readonly Slot[], wish: (slot: Slot) => number): void {
  const middles = stacked(
    column.map((slot) => ({ middle: wish(slot), height: slot.height })),
    GAP,
  )
  column.forEach((slot, index) => {
    slot.middle = middles[index]!
  })
}

function near({ left, right, middle }: Slot): number {
  return left.length + right.length === 0 ? middle : meanOf([...left, ...right])
}

function meanOf(slots: readonly Slot[]): number {
  return slots.reduce((sum, { middle }) => sum + middle, 0) / slots.length
}

function measured({ boxes }: LayoutInput, columns: readonly Slot[][], lanes: readonly Slot[][]): Layout {
  const tops = columns.flatMap((column) => column.map(({ middle, height }) => middle - height / 2))
  const top = tops.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY)
  const isBox = new Set(boxes.map(({ id }) => id))
  const laneSlots = new Set(lanes.flat())
  const rects = new Map<string, Rect>()
  const places = new Map<Slot, readonly Point[]>()
  let x = 0
  let height = 0
  for (const column of columns) {
    const width = column.reduce((most, slot) => Math.max(most, slot.width), 0)
    for (const slot of column) {
      const y = slot.middle - slot.height / 2 - top
      height = Math.max(height, y + slot.height)
      if (laneSlots.has(slot)) {
        // Straight past the column: bends are between columns.
        const y = slot.middle - top
        places.set(slot, [
          { x, y },
          { x: x + width, y },
        ])
      } else if (isBox.has(slot.key))
        rects.set(slot.key, { x: x + (width - slot.width) / 2, y, width: slot.width, height: slot.height })
    }
    x += width + COLUMN_GAP
  }
  return { width: x - COLUMN_GAP, height, rects, ways: lanes.map((way) => way.flatMap((lane) => places.get(lane)!)) }
}

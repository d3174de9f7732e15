import { fitted, type Size } from './camera.js'
import { type Layout, layout, type Rect } from './layout.js'
import { pathOf } from './path.js'
import { shelved } from './shelves.js'
import type { Tie, VisibleGraph } from './visible-graph.js'

/** A graph with places: what is drawn. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, Rect>
  /** The frames of open groups. */
  readonly frames: ReadonlyMap<string, Rect>
  /** The `d` of each edge. */
  readonly edges: readonly { readonly tie: Tie; readonly path: string }[]
}

const BOX: Size = { width: 184, height: 46 }
/** In less room than this, boxes are smaller. */
export const NARROW = 500
const SMALL_BOX: Size = { width: 138, height: 46 }
/** Inside the frame of a group. */
const PADDING = 14
const TITLE = 34

/** The drawing that is seen largest in the room that there is; from left to right, unless another way is seen larger by a quarter. */
export function drawnFor(graph: VisibleGraph, room: Size): Drawing {
  const size = room.width < NARROW ? SMALL_BOX : BOX
  const ways = [drawingOf(graph, size), drawingOf(graph, size, true)]
  if (graph.boxes.some(({ group }) => group !== undefined)) ways.push(drawingOf(graph, size, false, shelved))
  return ways.reduce((best, way) => (fitted(way, room).scale > fitted(best, room).scale * 1.25 ? way : best))
}

/** Lays a graph out; an open group is laid out by itself and then takes its place as one box. */
export function drawingOf(graph: VisibleGraph, size: Size = BOX, upright = false, arrange = layout): Drawing {
  const inner = new Map(graph.groups.map((group) => [group, innerLayout(graph, group, size, upright)] as const))
  const frameIds = new Map(graph.groups.map((group) => [group, `frame:${group}`]))
  const holderOf = new Map(graph.boxes.map(({ id, group }) => [id, group === undefined ? id : frameIds.get(group)!]))
  const outer = arrange({
    boxes: [
      ...graph.boxes.filter(({ group }) => group === undefined).map(({ id }) => turned({ id, ...size }, upright)),
      ...[...inner].flatMap(([group, own]) =>
        own === undefined ? [] : [turned({ id: frameIds.get(group)!, ...framed(own) }, upright)],
      ),
    ],
    edges: graph.ties.map(({ from, to }) => ({ from: holderOf.get(from)!, to: holderOf.get(to)! })),
  })
  const place = upright ? turnedLayout(outer) : outer
  const boxes = new Map<string, Rect>()
  const frames = new Map<string, Rect>()
  for (const { id, group } of graph.boxes) if (group === undefined) boxes.set(id, place.rects.get(id)!)
  for (const [group, own] of inner) {
    if (own === undefined) continue
    const frame = place.rects.get(frameIds.get(group)!)!
    frames.set(group, frame)
    for (const [id, rect] of own.rects) boxes.set(id, { ...rect, x: frame.x + PADDING + rect.x, y: frame.y + TITLE + rect.y })
  }
  return {
    width: place.width,
    height: place.height,
    boxes,
    frames,
    edges: graph.ties.map((tie, index) => ({
      tie,
      path: pathOf(boxes.get(tie.from)!, boxes.get(tie.to)!, place.ways[index]!, upright),
    })),
  }
}

function innerLayout(graph: VisibleGraph, group: string, size: Size, upright: boolean): Layout | undefined {
  const boxes = graph.boxes.filter((box) => box.group === group)
  if (boxes.length === 0) return undefined
  const ids = new Set(boxes.map(({ id }) => id))
  const own = layout({
    boxes: boxes.map(({ id }) => turned({ id, ...size }, upright)),
    edges: graph.ties.filter(({ from, to }) => ids.has(from) && ids.has(to)),
  })
  return upright ? turnedLayout(own) : own
}

function framed({ width, height }: Layout) {
  return { width: width + 2 * PADDING, height: height + TITLE + PADDING }
}

/** A layout from top to bottom is one from left to right, turned over. */
function turned<T extends { width: number; height: number }>(box: T, upright: boolean): T {
  return upright ? { ...box, width: box.height, height: box.width } : box
}

function turnedLayout({ width, height, rects, ways }: Layout): Layout {
  return {
    width: height,
    height: width,
    rects: new Map([...rects].map(([id, { x, y, width, height }]) => [id, { x: y, y: x, width: height, height: width }])),
    ways: ways.map((way) => way.map(({ x, y }) => ({ x: y, y: x }))),
  }
}

import type { Point, Rect } from './layout.js'

/** What of the drawing is seen: it is drawn `scale` times its size, moved by `x` and `y`. */
export interface Camera {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const LEAST = 0.05
const MOST = 2.5
const MARGIN = 28

/** All of the drawing in the middle of the view, at most in its natural size. */
export function fitted(drawing: Size, view: Size): Camera {
  const room = { width: Math.max(1, view.width - 2 * MARGIN), height: Math.max(1, view.height - 2 * MARGIN) }
  const scale = clamp(Math.min(1, room.width / Math.max(1, drawing.width), room.height / Math.max(1, drawing.height)))
  return { scale, x: (view.width - drawing.width * scale) / 2, y: (view.height - drawing.height * scale) / 2 }
}

/** Zooms by a factor; what is at `at` in the view stays there. */
export function zoomed({ x, y, scale }: Camera, factor: number, at: Point): Camera {
  const next = clamp(scale * factor)
  return { scale: next, x: at.x - ((at.x - x) * next) / scale, y: at.y - ((at.y - y) * next) / scale }
}

export function panned(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy }
}

/** Moves no further than is needed to have all of `rect` in the view. */
export function revealing(camera: Camera, rect: Rect, view: Size): Camera {
  const shift = (start: number, size: number, room: number) => {
    if (start < MARGIN || size > room - 2 * MARGIN) return MARGIN - start
    return Math.min(0, room - MARGIN - (start + size))
  }
  const { scale } = camera
  return panned(
    camera,
    shift(rect.x * scale + camera.x, rect.width * scale, view.width),
    shift(rect.y * scale + camera.y, rect.height * scale, view.height),
  )
}

/** Zooms in until boxes can be read, with `rect` in the middle. */
export function focused(camera: Camera, rect: Rect, view: Size): Camera {
  const scale = Math.max(camera.scale, 0.8)
  return { scale, x: view.width / 2 - (rect.x + rect.width / 2) * scale, y: view.height / 2 - (rect.y + rect.height / 2) * scale }
}

function clamp(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale))
}

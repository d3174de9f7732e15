import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { type Camera, fitted, panned, type Size, zoomed } from './camera.js'
import type { Point } from './layout.js'

export interface Canvas {
  /** The part of the page through which the drawing is seen. */
  readonly view: { current: HTMLDivElement | null }
  /** What is moved. */
  readonly sheet: { current: HTMLDivElement | null }
  readonly camera: { current: Camera }
  move(change: (camera: Camera, view: Size) => Camera, smooth?: boolean): void
  fit(): void
  /** Whether the last press was a drag: its click does not count. */
  readonly dragged: { current: boolean }
}

/** From here on, boxes show their name only, and larger. */
const FAR = 0.55

/** A drawing that can be moved and zoomed with mouse, wheel and fingers. The camera changes the style of the sheet, and renders nothing. */
export function useCanvas(drawing: Size): Canvas {
  const view = useRef<HTMLDivElement>(null)
  const sheet = useRef<HTMLDivElement>(null)
  const camera = useRef<Camera>({ x: 0, y: 0, scale: 1 })
  const dragged = useRef(false)
  const touched = useRef(false)

  const sizeOfView = (): Size => ({ width: view.current?.clientWidth ?? 0, height: view.current?.clientHeight ?? 0 })
  const show = (next: Camera, smooth = false) => {
    camera.current = next
    const { current } = sheet
    if (current === null) return
    current.classList.toggle('smooth', smooth)
    current.classList.toggle('far', next.scale < FAR)
    current.style.transform = `translate(${next.x}px, ${next.y}px) scale(${next.scale})`
    current.style.setProperty('--zoom', String(next.scale))
  }
  const move: Canvas['move'] = (change, smooth) => {
    touched.current = true
    show(change(camera.current, sizeOfView()), smooth)
  }
  const fit = () => {
    touched.current = false
    show(fitted(drawing, sizeOfView()), true)
  }

  // A new drawing is fitted, unless the reader has moved it.
  useLayoutEffect(() => {
    if (!touched.current) show(fitted(drawing, sizeOfView()))
  }, [drawing])

  useEffect(() => {
    const watched = view.current!
    const observer = new ResizeObserver(() => {
      if (!touched.current) show(fitted(drawing, sizeOfView()))
    })
    observer.observe(watched)
    const stop = followPointers(watched, move, dragged)
    return () => {
      observer.disconnect()
      stop()
    }
  }, [drawing])

  return { view, sheet, camera, move, fit, dragged }
}

function followPointers(view: HTMLDivElement, move: Canvas['move'], dragged: { current: boolean }): () => void {
  const pointers = new Map<number, Point>()
  let travelled = 0
  const at = (event: MouseEvent): Point => {
    const { left, top } = view.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const handlers = {
    pointerdown(event: PointerEvent) {
      if (event.button !== 0) return
      if (pointers.size === 0) {
        travelled = 0
        dragged.current = false
      }
      pointers.set(event.pointerId, at(event))
    },
    pointermove(event: PointerEvent) {
      const before = pointers.get(event.pointerId)
      if (before === undefined) return
      const now = at(event)
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
      pointers.set(event.pointerId, now)
      travelled += Math.hypot(now.x - before.x, now.y - before.y)
      if (travelled < 5) return
      if (!dragged.current) view.setPointerCapture(event.pointerId)
      dragged.current = true
      if (other === undefined) move((camera) => panned(camera, now.x - before.x, now.y - before.y))
      else {
        const factor =
          Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y))
        const [middle, was] = [between(now, other), between(before, other)]
        move((camera) => panned(zoomed(camera, factor, middle), middle.x - was.x, middle.y - was.y))
      }
    },
    pointerup: (event: PointerEvent) => pointers.delete(event.pointerId),
    pointercancel: (event: PointerEvent) => pointers.delete(event.pointerId),
    wheel(event: WheelEvent) {
      event.preventDefault()
      const lines = event.deltaMode === 1 ? 20 : 1
      move((camera) => zoomed(camera, Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 600)), at(event)))
    },
  }
  const entries = Object.entries(handlers) as [keyof HTMLElementEventMap, EventListener][]
  for (const [type, handler] of entries) view.addEventListener(type, handler, { passive: false })
  return () => {
    for (const [type, handler] of entries) view.removeEventListener(type, handler)
  }
}

function between(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

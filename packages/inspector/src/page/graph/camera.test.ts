import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Camera, fitted, focused, panned, revealing, zoomed } from './camera.js'

const view = { width: 900, height: 600 }
const cameras = fc.record({
  x: fc.integer({ min: -5_000, max: 5_000 }),
  y: fc.integer({ min: -5_000, max: 5_000 }),
  scale: fc.double({ min: 0.05, max: 2.5, noNaN: true }),
})
const seen = ({ x, y, scale }: Camera, point: { x: number; y: number }) => ({ x: point.x * scale + x, y: point.y * scale + y })

test('what fits is in the middle, and never larger than it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 9_000 }), (width, height) => {
      const camera = fitted({ width, height }, view)
      expect(camera.scale).toBeLessThanOrEqual(1)
      const [start, end] = [seen(camera, { x: 0, y: 0 }), seen(camera, { x: width, y: height })]
      expect(start.x + end.x).toBeCloseTo(view.width, 3)
      expect(start.y + end.y).toBeCloseTo(view.height, 3)
      expect(start.x >= 0 && start.y >= 0).toBe(true)
    }),
  )
})

test('what is under the pointer stays there while it is zoomed', () => {
  fc.assert(
    fc.property(cameras, fc.double({ min: 0.2, max: 5, noNaN: true }), fc.nat(900), fc.nat(600), (camera, factor, x, y) => {
      const under = { x: (x - camera.x) / camera.scale, y: (y - camera.y) / camera.scale }
      const after = seen(zoomed(camera, factor, { x, y }), under)
      expect(after.x).toBeCloseTo(x, 3)
      expect(after.y).toBeCloseTo(y, 3)
    }),
  )
})

test('what is revealed is in view, and the camera does not move for what is', () => {
  fc.assert(
    fc.property(cameras, fc.nat(4_000), fc.nat(4_000), (camera, x, y) => {
      const rect = { x, y, width: 184, height: 46 }
      const after = revealing(camera, rect, view)
      const at = seen(after, rect)
      expect(
        at.x >= 27 &&
          at.y >= 27 &&
          at.x + rect.width * after.scale <= view.width - 27 &&
          at.y + rect.height * after.scale <= view.height - 27,
      ).toBe(true)
      const again = revealing(after, rect, view)
      expect(again.x).toBeCloseTo(after.x, 3)
      expect(again.y).toBeCloseTo(after.y, 3)
    }),
  )
})

test('what is focused is in the middle and can be read', () => {
  const camera = focused({ x: 0, y: 0, scale: 0.1 }, { x: 100, y: 100, width: 200, height: 40 }, view)
  expect(camera.scale).toBe(0.8)
  expect(seen(camera, { x: 200, y: 120 })).toEqual({ x: 450, y: 300 })
  expect(panned(camera, 3, 4)).toEqual({ ...camera, x: camera.x + 3, y: camera.y + 4 })
})

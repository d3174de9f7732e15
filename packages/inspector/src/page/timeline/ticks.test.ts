import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ticksOf } from './ticks.js'

test('ticks are round, few, and within the axis', () => {
  expect(ticksOf(490)).toEqual([0, 100, 200, 300, 400])
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), (length) => {
      const ticks = ticksOf(length)
      expect(ticks[0]).toBe(0)
      expect(ticks.length).toBeLessThanOrEqual(9)
      expect(ticks.at(-1)!).toBeLessThanOrEqual(length)
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stacked } from './stack.js'

const GAP = 10

test('who has room stands where it wishes', () => {
  const wishes = [
    { middle: 0, height: 20 },
    { middle: 50, height: 40 },
  ]
  expect(stacked(wishes, GAP)).toEqual([0, 50])
})

test('who has none shares the way', () => {
  const wishes = [
    { middle: 0, height: 20 },
    { middle: 0, height: 20 },
  ]
  expect(stacked(wishes, GAP)).toEqual([-15, 15])
})

test('nobody overlaps, and no other place of the same order is nearer to the wishes', () => {
  const wish = fc.record({ middle: fc.integer({ min: -500, max: 500 }), height: fc.integer({ min: 2, max: 60 }) })
  fc.assert(
    fc.property(
      fc.array(wish, { maxLength: 12 }),
      fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 12, maxLength: 12 }),
      (wishes, moves) => {
        const middles = stacked(wishes, GAP)
        const fits = (at: readonly number[]) =>
          at.every((middle, i) => i === 0 || middle - at[i - 1]! >= (wishes[i]!.height + wishes[i - 1]!.height) / 2 + GAP - 1e-6)
        const cost = (at: readonly number[]) => at.reduce((sum, middle, i) => sum + (middle - wishes[i]!.middle) ** 2, 0)
        expect(fits(middles)).toBe(true)
        const other = middles.map((middle, i) => middle + moves[i]! / 3)
        if (fits(other)) expect(cost(middles)).toBeLessThanOrEqual(cost(other) + 1e-6)
      },
    ),
  )
})

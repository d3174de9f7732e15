import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reconnectDelay } from './backoff.js'

test('tries come ever later, up to 10 s', () => {
  expect([0, 1, 2, 3, 4, 5, 60].map((tries) => reconnectDelay(tries, 0.5))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ])
})

test('and are spread by a fifth', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const [delay, middle] = [reconnectDelay(tries, random), reconnectDelay(tries, 0.5)]
      expect(Math.abs(delay - middle)).toBeLessThanOrEqual(middle * 0.2 + 1)
    }),
  )
})

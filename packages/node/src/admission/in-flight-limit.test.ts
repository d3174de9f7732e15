import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type InFlightLimit, type Moment, NO_LIMIT, nextLimit } from './in-flight-limit.js'

const fine: Moment = { late: false, overuse: 0.5, measured: false, peak: 0, refused: false }

/** The limit after some moments, the same each time. */
function after(count: number, moment: Partial<Moment>, from: InFlightLimit): InFlightLimit {
  let limit = from
  for (let i = 0; i < count; i++) limit = nextLimit(limit, { ...fine, ...moment })
  return limit
}

test('N4 there is no limit while nothing is late', () => {
  expect(after(1_000, { peak: 500, refused: true }, NO_LIMIT).now).toBe(Number.POSITIVE_INFINITY)
})

test('N4 a late moment takes a fifth of what was in flight away, and what it is late with for long everything', () => {
  const first = after(1, { late: true, peak: 100 }, NO_LIMIT)
  expect(first.now).toBe(80)
  expect(after(1, { late: true, peak: 100 }, first).now).toBe(64)
  expect(after(1, { late: true, peak: 0 }, NO_LIMIT).now).toBe(0)
  expect(after(20, { late: true, peak: 100 }, NO_LIMIT).now).toBe(0)
})

test('N4 an event loop that is too busy takes a fifth and what it is too busy by, once per measure, and gives nothing until the next', () => {
  const busy = { overuse: 1.25, peak: 100 }
  const first = after(1, { ...busy, measured: true }, NO_LIMIT)
  expect(first.now).toBe(64)
  expect(after(9, busy, first)).toEqual(first)
})

test('N4 it recovers by itself: fast up to a quarter of what was too much, slowly from there, and is lifted after a calm second', () => {
  const low = after(20, { late: true, peak: 100 }, NO_LIMIT)
  expect(after(1, { refused: true }, low).now).toBe(1)
  const quarter = after(25, { refused: true }, low).now
  expect(quarter).toBeGreaterThanOrEqual(25)
  expect(quarter).toBeLessThan(30)
  const later = after(100, { refused: true }, low).now
  expect(later).toBeGreaterThan(quarter)
  expect(later).toBeLessThan(40)
  expect(after(99, {}, low).now).toBeLessThan(40)
  expect(after(100, {}, low)).toBe(NO_LIMIT)
  expect(after(2_000, { refused: true }, low).now).toBeGreaterThan(100)
})

test('N4 it is a number from 0 on or none at all, whatever happens', () => {
  const moment = fc.record({
    late: fc.boolean(),
    overuse: fc.double({ min: 0, max: 100, noNaN: true }),
    measured: fc.boolean(),
    peak: fc.nat(100_000),
    refused: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 300 }), (moments) => {
      let limit = NO_LIMIT
      for (const one of moments) {
        limit = nextLimit(limit, one)
        expect(limit.now >= 0).toBe(true)
      }
    }),
  )
})

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

test('N4 an event loop that is too busy takes what it is too busy by, once per measure, and gives nothing until the next', () => {
  const busy = { overuse: 1.25, peak: 100 }
  const first = after(1, { ...busy, measured: true }, NO_LIMIT)
  expect(first.now).toBe(80)
  expect(after(9, busy, first)).toEqual(first)
})

test('N4 it recovers by itself: a limit grows in every good moment, from nothing too, and is lifted after a calm second', () => {
  const none = { now: 0, calm: 0 }
  expect(after(1, {}, none).now).toBe(1)
  expect(after(50, { refused: true }, none)).toEqual({ now: 50, calm: 0 })
  expect(after(99, {}, none).now).toBeLessThan(200)
  expect(after(100, {}, none)).toBe(NO_LIMIT)
  expect(after(500, { refused: true }, none).now).toBeLessThan(Number.POSITIVE_INFINITY)
})

test('N4 it is a whole number or none at all, whatever happens', () => {
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
        expect(limit.now === Number.POSITIVE_INFINITY || (Number.isInteger(limit.now) && limit.now >= 0)).toBe(true)
      }
    }),
  )
})

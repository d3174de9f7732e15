import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ago, count, duration, listed, measured, timeOfDay } from './words.js'

describe('durations', () => {
  test.each([
    [null, 'no limit'],
    [-3, '0 ms'],
    [0, '0 ms'],
    [0.4, '< 1 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_000, '1 s'],
    [1_240, '1.2 s'],
    [9_949, '9.9 s'],
    [9_951, '10 s'],
    [59_499, '59 s'],
    [59_600, '1 min'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h'],
    [5_400_000, '1 h 30 min'],
    [86_399_999, '1 d'],
    [183_600_000, '2 d 3 h'],
  ])('%s is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  test('never have sixty of a smaller unit, or more than two units', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => {
        const text = duration(ms)
        expect(text).toMatch(/^(< )?\d+(\.\d)? (ms|s|min|h|d)( \d+ (s|min|h))?$/)
        expect(text).not.toMatch(/\b60 (s|min)|\b1000 ms|\b24 h/)
      }),
    )
  })
})

test('what was a moment ago does not flicker', () => {
  expect(ago(-5)).toBe('just now')
  expect(ago(1_400)).toBe('just now')
  expect(ago(12_400)).toBe('12 s ago')
})

test('times of day are those of the reader', () => {
  const at = new Date(2026, 1, 3, 4, 5, 6, 7).getTime()
  expect(timeOfDay(at)).toBe('04:05:06')
  expect(timeOfDay(at, true)).toBe('04:05:06.007')
})

test('counts, lists and measured values', () => {
  expect(count(1, 'resource')).toBe('1 resource')
  expect(count(0, 'query', 'queries')).toBe('0 queries')
  expect(listed([])).toBe('')
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  expect(listed(['a', 'b', 'c', 'd'], 3)).toBe('a, b and 2 others')
  expect(measured(1_500, 'ms')).toBe('1.5 s')
  expect(measured(3.04, 'MB')).toBe('3 MB')
  expect(measured(3.06, '')).toBe('3.1')
})

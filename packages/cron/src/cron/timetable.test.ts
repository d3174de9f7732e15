import { KeelsonError } from '@keelson/kernel'
import { describe, expect, test } from 'vitest'
import { Timetable } from './timetable.js'

function ticks(pattern: string, timezone: string, from: string, count: number): string[] {
  const timetable = new Timetable('job', pattern, timezone)
  const found: string[] = []
  for (let at: number | undefined = Date.parse(from); found.length < count && at !== undefined; ) {
    at = timetable.after(at)
    if (at !== undefined) found.push(new Date(at).toISOString())
  }
  return found
}

describe('a timezone with daylight saving', () => {
  test('a time that does not exist on one day comes when the clock has jumped forward, once', () => {
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
  })

  test('a time that comes twice on one day is one tick', () => {
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  test('what comes every few minutes goes on through both hours', () => {
    const found = ticks('*/30 * * * *', 'America/New_York', '2026-11-01T04:59:00Z', 6)
    expect(found).toEqual(['05:00', '05:30', '06:00', '06:30', '07:00', '07:30'].map((at) => `2026-11-01T${at}:00.000Z`))
  })

  test('the same pattern is another time elsewhere', () => {
    expect(ticks('0 9 * * 1-5', 'Asia/Kolkata', '2026-07-03T00:00:00Z', 2)).toEqual([
      '2026-07-03T03:30:00.000Z',
      '2026-07-06T03:30:00.000Z',
    ])
  })
})

test('of a span of time both ends are exact, and very many ticks are not listed', () => {
  const timetable = new Timetable('job', '* * * * * *', 'UTC')
  const at = Date.parse('2026-01-01T00:00:00Z')
  expect(timetable.between(at, at + 2_000).all).toEqual([at + 1_000, at + 2_000])
  expect(timetable.between(at, at + 999.9).all).toEqual([])
  expect(timetable.between(at + 0.5, at + 1_000.5).all).toEqual([at + 1_000])
  const many = timetable.between(at, at + 7 * 86_400_000)
  expect(many.more).toBe(true)
  expect(many.all).toHaveLength(1_001)
  expect(many.all.at(-1)).toBe(at + 7 * 86_400_000)
})

test.each([
  ['* * * *', /cannot be used: invalid configuration format .* five, six, or seven/],
  ['61 * * * *', /'61 \* \* \* \*' cannot be used: Invalid value for minute: 61; pass minute, hour/],
  ['*/0 * * * *', /illegal stepping: 0/],
  ['0 0 30 2 *', /its time never comes/],
  ['2026-12-24T00:00:00', /it is a date/],
  ['', /must be a string/],
  [5, /of type number cannot be used/],
])('a pattern that cannot be used says what is wrong: %s', (pattern, message) => {
  const refused = expect.objectContaining({ code: 'INVALID_OPTION', resource: 'job', message: expect.stringMatching(message) })
  expect(() => new Timetable('job', pattern, undefined)).toThrow(refused as KeelsonError)
  expect(() => new Timetable('job', pattern, undefined)).toThrow(KeelsonError)
})

test.each(['Europe/Berlni', 7])('a timezone that does not exist is refused: %s', (timezone) => {
  expect(() => new Timetable('job', '* * * * *', timezone as string)).toThrow(
    `resource "job": timezone '${timezone}' does not exist; pass a name such as 'Europe/Berlin' or 'UTC'`,
  )
})

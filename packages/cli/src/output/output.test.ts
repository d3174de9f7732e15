import { describe, expect, it } from 'vitest'
import { duration } from './durations.js'
import { isColoured, paintFor } from './paint.js'
import { columns, cut, widthOf } from './table.js'

describe('a table', () => {
  it('has its cells below each other, whatever their colours and alphabets', () => {
    const paint = paintFor(true)
    const text = columns([
      ['a', 'one'],
      [paint.red('注文'), 'two'],
      ['🚢🚢', 'three'],
    ])
    expect(text.split('\n').map((line) => widthOf(line.replace(/(one|two|three)$/, '')))).toEqual([6, 6, 6])
  })

  it('has no spaces at the ends of its lines', () => {
    expect(
      columns([
        ['a', ''],
        ['abc', 'd'],
      ]),
    ).toBe('a\nabc  d')
  })
})

it('what is too wide is cut where it can be seen', () => {
  expect(cut('catalog', 7)).toBe('catalog')
  expect(cut('catalog', 5)).toBe('cata…')
  expect(widthOf(cut('注文注文', 4))).toBeLessThanOrEqual(4)
})

it('durations are said as people say them', () => {
  expect([0, 12.4, 999, 8_140, 90_000, 720_000, Infinity].map(duration)).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '8.1 s',
    '90 s',
    '12 min',
    'no limit',
  ])
})

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j, terminal %s: %s', (env, terminal, coloured) => {
    expect(isColoured(env, terminal)).toBe(coloured)
  })
})

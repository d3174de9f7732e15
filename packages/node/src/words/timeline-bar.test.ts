import { describe, expect, it } from 'vitest'
import { timelineBar } from './timeline-bar.js'

describe('timelineBar()', () => {
  it.each([
    [0, 1, '████████'],
    [0, 0.5, '████    '],
    [0.5, 1, '    ████'],
    [0.25, 0.5, '  ██    '],
    [0, 0, '▏       '],
    [1, 1, '       ▏'],
    [0, 1 / 64, '▏       '],
    [0, 7 / 64, '▉       '],
    [0, 9 / 64, '█▏      '],
    [-1, 2, '████████'],
  ])('from %d to %d is "%s"', (from, to, bar) => {
    expect(timelineBar(from, to, 8)).toBe(bar)
  })

  it('fills what comes after', () => {
    expect(timelineBar(0.25, 0.5, 8, '·')).toBe('  ██····')
  })
})

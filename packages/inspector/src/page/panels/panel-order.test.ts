import type { PanelRow, Tone } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { failingFirst, toneOfPanel } from './panel-order.js'

const row = (id: string, tone: Tone): PanelRow => ({ id, name: id, tone, status: tone })
const rows = [row('a', 'ok'), row('b', 'idle'), row('c', 'warn'), row('d', 'bad'), row('e', 'ok'), row('f', 'bad')]

test('what is failing comes first, and the rest stays as it was told', () => {
  expect(failingFirst(rows).map(({ id }) => id)).toEqual(['d', 'f', 'c', 'a', 'b', 'e'])
})

test('a panel is as bad as its worst row; one that is stale is worth a look', () => {
  expect(toneOfPanel({ at: 0, groups: [{ rows }] })).toBe('bad')
  expect(toneOfPanel({ at: 0, groups: [{ rows: [row('a', 'ok')] }] })).toBe('ok')
  expect(toneOfPanel({ at: 0, stale: 'the engine is away', groups: [] })).toBe('warn')
  expect(toneOfPanel(undefined)).toBe('bad')
})

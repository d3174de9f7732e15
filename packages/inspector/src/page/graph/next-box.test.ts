import { expect, test } from 'vitest'
import { nextBox } from './next-box.js'

const at = (x: number, y: number) => ({ x, y, width: 100, height: 40 })
const boxes = new Map([
  ['a', at(0, 0)],
  ['b', at(0, 60)],
  ['c', at(200, 0)],
  ['d', at(200, 60)],
])

test('arrow keys lead to the nearest box in their direction', () => {
  const go = (from: string, key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown', ...connected: string[]) =>
    nextBox(from, key, boxes, new Set(connected))
  expect(go('a', 'ArrowRight')).toBe('c')
  expect(go('a', 'ArrowRight', 'd')).toBe('d')
  expect(go('a', 'ArrowDown')).toBe('b')
  expect(go('d', 'ArrowLeft')).toBe('b')
  expect(go('d', 'ArrowUp')).toBe('c')
  expect(go('a', 'ArrowLeft')).toBeUndefined()
  expect(go('nobody', 'ArrowLeft')).toBeUndefined()
})

import { expect, test } from 'vitest'
import { hello, resourceView, update } from '../test-support/views.js'
import { announcement } from './announce.js'
import { begin, fold } from './page-state.js'

const names = ['a', 'b', 'c', 'd', 'e']
const before = begin(hello({ resources: names.map((name) => resourceView(name)) }), 0)

test('a few resources are named, many are counted', () => {
  const few = fold(
    before,
    update({ resources: [resourceView('a', { state: 'failed' }), resourceView('b', { state: 'restarting' })] }),
    0,
  )
  expect(announcement(before, few)).toBe('a failed; b restarting')
  const many = fold(before, update({ resources: names.slice(1).map((name) => resourceView(name, { state: 'stopping' })) }), 0)
  expect(announcement(before, many)).toBe('4 resources stopping')
})

test('the kernel is told of, and a check that passes is not', () => {
  const { kernel } = hello()
  const unready = fold(before, update({ kernel: { ...kernel, probe: { ...kernel.probe, status: 'unready' } } }), 0)
  expect(announcement(before, unready)).toBe('shop is unready')
  const checked = fold(before, update({ resources: [resourceView('a', { health: 'healthy' })] }), 0)
  expect(announcement(before, checked)).toBe('')
})

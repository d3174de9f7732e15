// Attacked: a fold of alerts that is closed in the middle of a storm.
import { virtualClock } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import type { AlertNews } from './alert.js'
import { AlertFold } from './alert-fold.js'

test('a fold that is closed in a storm of nothing but other events tells nothing after that, and leaves no timer', async () => {
  const clock = virtualClock()
  const told: AlertNews[] = []
  const fold = new AlertFold(1, new Set(['restart']), clock, (news) => told.push(news))
  for (const id of ['a', 'b', 'c']) fold.tell({ type: 'restart', at: 0, container: id, id, attempt: 1 } as never)
  fold.close()
  expect(told.map(({ type }) => type)).toEqual(['restart', 'storm'])
  expect(clock.pending).toBe(0)
})

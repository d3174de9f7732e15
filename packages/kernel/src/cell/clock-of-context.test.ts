import { expect, test } from 'vitest'
import { createKernel, resource, systemClock, task } from '../index.js'
import { virtualClock } from '../testing.js'

test('W4 ctx.clock is the clock of the kernel, with the time of day', async () => {
  const clock = virtualClock({ now: 1_000 })
  const told: unknown[] = []
  const ticker = resource('ticker', {
    start: (_, { clock }) => void clock.setTimeout(() => told.push(clock.now(), clock.wall?.()), 500),
  })
  const loop = task('loop', { onEnd: 'ignore', run: async (_, { clock }) => void told.push(clock.now()) })
  const kernel = await createKernel([ticker, loop], { clock }).start()
  await clock.advance(500)
  expect(told).toEqual([1_000, 1_500, 1_500])
  await kernel.shutdown()
})

test('W4 the time of day is that of the runtime, unless the clock has one of its own', async () => {
  expect(Math.abs(systemClock.wall!() - Date.now())).toBeLessThan(1_000)
  const clock = Object.assign(virtualClock(), { wall: () => 42 })
  const r = resource('r', { start: (_, ctx) => ctx.clock.wall?.() })
  const kernel = await createKernel([r], { clock }).start()
  expect(kernel.get(r)).toBe(42)
  await kernel.shutdown()
})

import { expect, test } from 'vitest'
import { createKernel, KeelsonError, resource } from './index.js'
import { virtualClock } from './testing.js'

const stopped = async (shutdown: { delay?: number; timeout?: number } | undefined, filledIn: number) => {
  const clock = virtualClock()
  const kernel = createKernel([resource('a', { start: () => 1 })], { clock, ...(shutdown && { shutdown }) })
  await kernel.defaults({ shutdown: { delay: filledIn } }).start()
  const report = await clock.run(kernel.shutdown())
  expect(kernel.plan().worstCaseShutdownMs).toBeLessThanOrEqual(shutdown?.timeout ?? 25_000)
  return report.durationMs
}

test('defaults() fills in the delay of a shutdown that createKernel() was not given', async () => {
  expect(await stopped(undefined, 5_000)).toBe(5_000)
  expect(await stopped({ timeout: 100_000 }, 5_000)).toBe(5_000)
})

test('a delay that was given wins, 0 too', async () => {
  expect(await stopped({ delay: 0 }, 5_000)).toBe(0)
  expect(await stopped({ delay: 70 }, 5_000)).toBe(70)
})

test('a delay that is filled in takes at most a fifth of the timeout', async () => {
  expect(await stopped({ timeout: 2_000 }, 5_000)).toBe(400)
})

test('defaults() has no effect once a shutdown was asked for', async () => {
  const clock = virtualClock()
  const kernel = await createKernel([resource('a', { start: () => 1 })], { clock }).start()
  const report = kernel.shutdown()
  kernel.defaults({ shutdown: { delay: 5_000 } })
  expect((await clock.run(report)).durationMs).toBe(0)
})

test.each([
  { shutdown: { delay: -1 } },
  { shutdown: { delay: Number.NaN } },
  { shutdown: { timeout: 1 } },
  { name: 'x' },
  undefined,
])('defaults(%j) is refused', (options) => {
  expect(() => createKernel().defaults(options as never)).toThrow(KeelsonError)
})

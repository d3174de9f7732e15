import { expect, test } from 'vitest'
import { createKernel, KeelsonError, resource, type ShutdownError } from './index.js'
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
  kernel.defaults({ shutdown: { delay: 5_000, timeout: 1_000 } })
  expect(kernel.plan().shutdown).toEqual({ delayMs: 0, timeoutMs: 25_000 })
  expect((await clock.run(report)).durationMs).toBe(0)
})

const filledIn = (
  given: { delay?: number; timeout?: number } | undefined,
  ...defaults: { delay?: number; timeout?: number }[]
) => {
  const kernel = createKernel([], { ...(given && { shutdown: given }) })
  for (const shutdown of defaults) kernel.defaults({ shutdown })
  return kernel.plan().shutdown
}

test('defaults() fills in the budget of a shutdown that createKernel() was not given', async () => {
  expect(filledIn(undefined, {})).toEqual({ delayMs: 0, timeoutMs: 25_000 })
  expect(filledIn(undefined, { timeout: 9_000 })).toEqual({ delayMs: 0, timeoutMs: 9_000 })
  expect(filledIn({ timeout: 60_000 }, { timeout: 9_000 })).toEqual({ delayMs: 0, timeoutMs: 60_000 })
  const clock = virtualClock()
  const never = resource('never', { start: () => 1, stop: () => new Promise(() => {}), timeouts: { stop: Infinity } })
  const kernel = await createKernel([never], { clock })
    .defaults({ shutdown: { timeout: 9_000 } })
    .start()
  const { report } = (await clock.run(kernel.shutdown().catch((error: unknown) => error))) as ShutdownError
  expect(report.durationMs).toBe(9_000)
})

test('the delay that is filled in follows the budget, whichever comes first', () => {
  const both = { delayMs: 1_800, timeoutMs: 9_000 }
  expect(filledIn(undefined, { delay: 5_000 }, { timeout: 9_000 })).toEqual(both)
  expect(filledIn(undefined, { timeout: 9_000 }, { delay: 5_000 })).toEqual(both)
  expect(filledIn(undefined, { timeout: 9_000, delay: 5_000 }, { delay: 0 })).toEqual({ delayMs: 0, timeoutMs: 9_000 })
})

test('a budget that the given delay would use up is not taken', () => {
  expect(filledIn({ delay: 7_000 }, { timeout: 9_000 })).toEqual({ delayMs: 7_000, timeoutMs: 9_000 })
  expect(filledIn({ delay: 9_000 }, { timeout: 9_000 })).toEqual({ delayMs: 9_000, timeoutMs: 25_000 })
})

test.each([
  { shutdown: { delay: -1 } },
  { shutdown: { delay: Number.NaN } },
  { shutdown: { timeout: -1 } },
  { shutdown: { grace: 1 } },
  { name: 'x' },
  undefined,
])('defaults(%j) is refused', (options) => {
  expect(() => createKernel().defaults(options as never)).toThrow(KeelsonError)
})

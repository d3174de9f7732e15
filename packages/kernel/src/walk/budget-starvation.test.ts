import { expect, test } from 'vitest'
import { resource } from '../index.js'
import { hangingChain, outcomesOf } from '../test-support/hanging-chain.js'
import { shutdownError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

test('D3 100 resources that all hang, with hanging kills, still all get their turn within the budget', async () => {
  const stage = scene()
  const { top, given } = hangingChain(stage, 100, () => ({ kill: hang }))
  const app = await stage.kernel([top], { shutdown: { timeout: 25_000 } }).start()
  const { report } = await stage.clock.run(shutdownError(app.shutdown()))
  expect(given).toHaveLength(100)
  expect(outcomesOf(report)).not.toContain('not-attempted')
  expect(report.durationMs).toBeLessThanOrEqual(25_000)
})

test('D3 a kill that hangs, at the bottom, does not exceed the budget', async () => {
  const stage = scene()
  const { top } = hangingChain(stage, 2, () => ({ kill: hang }))
  const app = await stage.kernel([top], { shutdown: { timeout: 1_000 } }).start()
  const { report } = await stage.clock.run(shutdownError(app.shutdown()))
  expect(report.durationMs).toBeLessThanOrEqual(1_000)
  expect(outcomesOf(report)).toEqual(['timed-out', 'timed-out'])
})

test('D3 a cleanup deferred while the teardown goes on does not exceed the budget', async () => {
  const stage = scene()
  let late: ((cleanup: () => unknown) => void) | undefined
  const below = resource('below', {
    start: (_, { defer }) => {
      late = defer
    },
  })
  const { top } = hangingChain(stage, 1, () => ({
    dependsOn: { below },
    timeouts: { stop: 400 },
    stop: () => {
      late!(hang)
      return hang()
    },
  }))
  const app = await stage.kernel([top], { shutdown: { timeout: 500 } }).start()
  const { report } = await stage.clock.run(shutdownError(app.shutdown()))
  expect(report.durationMs).toBeLessThanOrEqual(500)
})

test.each([0.5, 1, 5])('D3 a kill of %d ms at the very end of the budget does not exceed it', async (ms) => {
  const { clock, kernel, traced, delay } = scene()
  const a = traced('a', { stop: hang, kill: () => delay(ms), timeouts: { stop: 40 } })
  const app = await kernel([a], { shutdown: { timeout: 40 } }).start()
  const { report } = await clock.run(shutdownError(app.shutdown()))
  expect(report.durationMs).toBeLessThanOrEqual(40)
  expect(report.outcomes).toMatchObject([{ outcome: 'timed-out' }])
  await clock.advance(10)
})

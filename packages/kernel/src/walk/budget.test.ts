import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { hangingChain, outcomesOf } from '../test-support/hanging-chain.js'
import { shutdownError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

const about = (ms: number) => expect.closeTo(ms, 3)

describe('D3 one budget for everything', () => {
  test('D3 where not even the reserves fit, a chain of hanging stops shares what there is in proportion to them', async () => {
    const stage = scene()
    const own = [100, 200, 300, 600]
    const { top, given } = hangingChain(stage, 4, (i) => ({ timeouts: { stop: own[i]! } }))
    const app = await stage.kernel([top], { shutdown: { timeout: 600 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given).toEqual([
      // The reserves are 500, 300, 200 and 100.
      { name: 'r3', at: 0, ms: about(600 * (500 / 1_100)) },
      { name: 'r2', at: about(600 * (500 / 1_100)), ms: about(600 * (300 / 1_100)) },
      { name: 'r1', at: about(600 * (800 / 1_100)), ms: about(600 * (200 / 1_100)) },
      { name: 'r0', at: about(600 * (1_000 / 1_100)), ms: about(600 * (100 / 1_100)) },
    ])
    expect(report).toMatchObject({ durationMs: 600 })
    expect(outcomesOf(report)).toEqual(['timed-out', 'timed-out', 'timed-out', 'timed-out'])
  })

  test('D3 nobody gets more than its own timeouts, however much there is', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 3, () => ({ timeouts: { stop: 100 } }))
    const app = await stage.kernel([top], { shutdown: { timeout: 25_000 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given.map(({ ms }) => ms)).toEqual([100, 100, 100])
    expect(report.durationMs).toBe(300)
  })

  test('D3 what one does not use flows to those below', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 3, (i) => ({
      timeouts: { stop: 1_000 },
      ...(i === 2 && { stop: () => stage.delay(10) }),
      ...(i === 1 && { stop: () => undefined }),
    }))
    const app = await stage.kernel([top], { shutdown: { timeout: 900 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given).toEqual([
      { name: 'r2', at: 0, ms: 300 },
      { name: 'r1', at: 10, ms: 445 },
      { name: 'r0', at: 10, ms: 890 },
    ])
    expect(report.durationMs).toBe(900)
    expect(outcomesOf(report)).toEqual(['stopped', 'stopped', 'timed-out'])
  })

  test('D3 the longest path below counts, not the shortest', async () => {
    const stage = scene()
    const { top: deep } = hangingChain(stage, 3, () => ({ timeouts: { stop: 100 } }))
    const shallow = stage.traced('shallow', { timeouts: { stop: 100 }, stop: hang })
    let share = 0
    const top = stage.traced('top', {
      dependsOn: { deep, shallow },
      timeouts: { stop: 100 },
      stop: (_, { deadline }) => {
        share = deadline - stage.clock.now()
        return hang()
      },
    })
    const app = await stage.kernel([top], { shutdown: { timeout: 200 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(share).toBe(50)
    expect(report.durationMs).toBe(200)
    expect(outcomesOf(report)).not.toContain('not-attempted')
  })

  test('D3 the delay counts in it', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 2, () => ({ timeouts: { stop: 10_000 } }))
    const app = await stage.kernel([top], { shutdown: { delay: 400, timeout: 1_000 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given).toEqual([
      { name: 'r1', at: 400, ms: 300 },
      { name: 'r0', at: 700, ms: 300 },
    ])
    expect(report.durationMs).toBe(1_000)
  })

  test('D3 hooks without a limit do not starve those below', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 4, () => ({ timeouts: { stop: Infinity, drain: Infinity } }))
    const app = await stage.kernel([top], { shutdown: { timeout: 1_000 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given.map(({ ms }) => ms)).toEqual([250, 250, 250, 250])
    expect(report.durationMs).toBe(1_000)
    expect(outcomesOf(report)).toEqual(Array(4).fill('timed-out'))
  })

  test('D3 a hook without a limit takes a share as large as the whole budget would ask for', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 2, (i) => ({ timeouts: { stop: i === 1 ? Infinity : 1_000 } }))
    const app = await stage.kernel([top], { shutdown: { timeout: 1_000 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given.map(({ ms }) => ms)).toEqual([500, 500])
    expect(outcomesOf(report)).toEqual(['timed-out', 'timed-out'])
  })

  test('D3 drain and stop of one resource share what it gets, so that a drain that hangs leaves its stop a part', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 2, () => ({ timeouts: { drain: 300, stop: 100 }, drain: hang }))
    const app = await stage.kernel([top], { shutdown: { timeout: 400 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    for (const [i, { at, ms }] of given.entries()) {
      expect(ms).toBeGreaterThan(0)
      expect(at + ms, 'half of the budget each').toBeCloseTo((i + 1) * 200, 3)
    }
    expect(report.durationMs).toBe(400)
  })

  test('D3 what a drain does not use is for its stop', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 1, () => ({ timeouts: { drain: 1_000, stop: 1_000 }, drainMs: 10 }))
    const app = await stage.kernel([top], { shutdown: { timeout: 500 } }).start()
    await stage.clock.run(shutdownError(app.shutdown()))
    expect(given).toEqual([{ name: 'r0', at: 10, ms: 490 }])
  })

  test('D3 no budget at all: nothing is attempted, everything is named, nothing hangs', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 3, () => ({}))
    const app = await stage.kernel([top], { shutdown: { timeout: 0 } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given).toEqual([])
    expect(outcomesOf(report)).toEqual(Array(3).fill('not-attempted'))
    expect(report.errors.map(({ resource, code }) => `${resource} ${code}`).sort()).toEqual([
      'r0 TIMEOUT',
      'r1 TIMEOUT',
      'r2 TIMEOUT',
    ])
    expect(app.state).toBe('stopped')
  })

  test('D3 without a limit each has its own timeouts', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 2, (i) => ({ timeouts: { stop: 40_000 + i } }))
    const app = await stage.kernel([top], { shutdown: { timeout: Infinity } }).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given.map(({ ms }) => ms)).toEqual([40_001, 40_000])
    expect(report.durationMs).toBe(80_001)
  })

  test('D3 resources that were never started and hooks that are not there take nothing of it', async () => {
    const stage = scene()
    const idle = resource('idle', { start: () => 'nothing to release' })
    const failed = resource('failed', { start: () => Promise.reject(new Error('no')), stop: hang, impact: 'none' })
    const { top, given } = hangingChain(stage, 1, () => ({ timeouts: { stop: 1_000 }, after: [idle, failed] }))
    const app = await stage.clock.run(stage.kernel([top], { shutdown: { timeout: 500 } }).start())
    await stage.clock.run(shutdownError(app.shutdown()))
    expect(given).toEqual([{ name: 'r0', at: 0, ms: 500 }])
  })

  test('D3 the default is 25 s, and 10 s for a stop', async () => {
    const stage = scene()
    const { top, given } = hangingChain(stage, 2, () => ({}))
    const app = await stage.kernel([top]).start()
    const { report } = await stage.clock.run(shutdownError(app.shutdown()))
    expect(given.map(({ ms }) => ms)).toEqual([10_000, 10_000])
    expect(report.durationMs).toBe(20_000)
    const deep = hangingChain(stage, 5, () => ({}))
    const long = await stage.kernel([deep.top]).start()
    expect((await stage.clock.run(shutdownError(long.shutdown()))).report.durationMs).toBe(25_000)
    // Work comes first: those above may use what those below do not need.
    expect(deep.given.map(({ ms }) => ms)).toEqual([10_000, 10_000, 4_000, 500, 500])
  })
})

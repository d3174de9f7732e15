import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createKernel, resource, systemClock } from '../index.js'

describe('systemClock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  test('S8 a delay above 2^31-1 ms is waited for in stretches', () => {
    for (const ms of [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 5_000, 5 * 2 ** 31]) {
      let fired = 0
      systemClock.setTimeout(() => fired++, ms)
      vi.advanceTimersByTime(ms - 1)
      expect(fired, `${ms}: too early`).toBe(0)
      vi.advanceTimersByTime(1)
      expect(fired, `${ms}: not in time`).toBe(1)
    }
  })

  test.each([10, 2 ** 31 + 5_000])('a timer of %d ms can be taken back at any time', (ms) => {
    const fired = vi.fn()
    systemClock.clearTimeout(systemClock.setTimeout(fired, ms))
    const handle = systemClock.setTimeout(fired, ms)
    vi.advanceTimersByTime(ms - 1)
    systemClock.clearTimeout(handle)
    systemClock.clearTimeout(handle)
    vi.advanceTimersByTime(ms)
    expect(fired).not.toHaveBeenCalled()
  })

  test('taking back nothing, or what has fired, is nothing', () => {
    systemClock.clearTimeout(undefined)
    const handle = systemClock.setTimeout(() => {}, 1)
    vi.advanceTimersByTime(1)
    systemClock.clearTimeout(handle)
  })
})

describe('systemClock, on real time', () => {
  test('unref is passed on, for long delays too', () => {
    const handles = [1_000, 2 ** 31 + 1].map((ms) => systemClock.setTimeout(() => {}, ms, { unref: true }))
    const [plain, long] = handles as [NodeJS.Timeout, { current: NodeJS.Timeout }]
    expect(plain.hasRef()).toBe(false)
    expect(long.current.hasRef()).toBe(false)
    for (const handle of handles) systemClock.clearTimeout(handle)
  })

  test('now() is epoch milliseconds that never go back', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(5_000)
    let last = systemClock.now()
    for (let i = 0; i < 1_000; i++) {
      const now = systemClock.now()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })

  test('a kernel on it starts, times out and stops', async () => {
    const never = resource('never', { start: () => new Promise<never>(() => {}), timeouts: { start: 20 }, impact: 'none' })
    const app = await createKernel([never, resource('a', { start: async () => 'a', check: async () => true })]).start()
    expect(app.probe().status).toBe('ready')
    expect((await app.shutdown()).ok).toBe(true)
  })
})

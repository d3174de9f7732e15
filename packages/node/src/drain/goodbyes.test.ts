import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GoodbyeOptions, retryHint as RetryHint, spreadGoodbyes as SpreadGoodbyes } from './goodbyes.js'

let spreadGoodbyes: typeof SpreadGoodbyes
let retryHint: typeof RetryHint

beforeEach(async () => {
  // Faked before the import: it keeps the timers that it found.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.resetModules()
  ;({ spreadGoodbyes, retryHint } = await import('./goodbyes.js'))
})
afterEach(() => void vi.useRealTimers())

/** When each of so many is told, in ms from the beginning. */
async function times(count: number, options?: GoodbyeOptions): Promise<number[]> {
  const at: number[] = []
  const started = performance.now()
  const all = spreadGoodbyes(Array(count).fill(0), () => void at.push(performance.now() - started), options)
  await vi.runAllTimersAsync()
  await all
  expect(vi.getTimerCount()).toBe(0)
  return at
}

describe('N5 goodbyes', () => {
  it('are said to the first at once, and to the others in even steps', async () => {
    expect(await times(5, { spread: 1_000 })).toEqual([0, 200, 400, 600, 800])
  })

  it('take 20 ms for each, and so no time worth speaking of for a few', async () => {
    expect(await times(5, { within: 20_000 })).toEqual([0, 20, 40, 60, 80])
    expect(await times(1, { within: 20_000 })).toEqual([0])
    expect(await times(0)).toEqual([])
  })

  it.each([
    ['half of a drain, however many they are', 2_000, { within: 4_000 }, 2_000],
    ['a short drain', 100, { within: 400 }, 200],
    ['a drain of unknown length', 2_000, {}, 10_000],
    ['a drain without an end', 2_000, { within: Number.POSITIVE_INFINITY }, 10_000],
    ['a spread that was asked for', 10, { spread: 3_000, within: 20_000 }, 3_000],
    ['three quarters of a drain that is shorter than the spread', 10, { spread: 60_000, within: 4_000 }, 3_000],
  ])('are spread over %s', async (_, count, options, over) => {
    const at = await times(count, options)
    expect(at).toHaveLength(count)
    expect(at.at(-1)).toBeLessThanOrEqual(over)
    expect(at.at(-1)).toBeGreaterThanOrEqual(over * (1 - 1 / count) - 10)
    // As many in its first half as in its second.
    const firstHalf = at.filter((time) => time < over / 2).length
    expect(Math.abs(firstHalf - count / 2)).toBeLessThanOrEqual(count / 20 + 1)
  })

  it.each([[{ spread: 0 }], [{ within: 0 }], [{ within: -1 }], [{ signal: AbortSignal.abort() }]])(
    'are said at once with %j',
    async (options) => {
      expect(await times(1_000, options)).toEqual(Array(1_000).fill(0))
    },
  )

  it('are said at once, and in the same turn, when there is no more time', async () => {
    const controller = new AbortController()
    let told = 0
    const all = spreadGoodbyes(Array(100).fill(0), () => void told++, { spread: 10_000, signal: controller.signal })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(told).toBe(51)
    controller.abort()
    expect(told).toBe(100)
    await all
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pass over who is gone', async () => {
    const told: number[] = []
    const all = spreadGoodbyes(
      [1, 2, 3, 4, 5, 6],
      (client) => {
        if (client % 2 === 0) return false
        told.push(client)
        return undefined
      },
      { spread: 600 },
    )
    await vi.advanceTimersByTimeAsync(200)
    expect(told).toEqual([1, 3, 5])
    await vi.runAllTimersAsync()
    await all
  })

  it('reach everybody though some fail, and reject with what failed once all are said', async () => {
    const told: number[] = []
    const all = spreadGoodbyes([1, 2, 3], (client) => {
      told.push(client)
      if (client === 1) throw new Error('first')
      return client === 2 ? Promise.reject(new Error('second')) : undefined
    })
    const failed = expect(all).rejects.toMatchObject({ errors: [{ message: 'first' }, { message: 'second' }] })
    await vi.runAllTimersAsync()
    await failed
    expect(told).toEqual([1, 2, 3])
    await expect(spreadGoodbyes([1], () => Promise.reject(new Error('alone')))).rejects.toThrow('alone')
  })

  it('wait for what was begun with them', async () => {
    let over = false
    const all = spreadGoodbyes([1], () => new Promise((resolve) => setTimeout(resolve, 500))).then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(499)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await all
  })

  it('tell everybody another time to come back, and a later one where they had to be said too fast', () => {
    const hints = (count: number, options: GoodbyeOptions) => Array.from({ length: 500 }, () => retryHint(count, options))
    const calm = hints(100, { within: 20_000 })
    expect(Math.min(...calm)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...calm)).toBeLessThanOrEqual(2_000)
    expect(new Set(calm).size).toBeGreaterThan(100)
    expect(Math.max(...hints(100, { retry: 0, within: 20_000 }))).toBe(0)
    // 8 s of these would be needed, 2 s there are.
    const hurried = hints(400, { within: 4_000 })
    expect(Math.max(...hurried)).toBeGreaterThan(5_000)
    expect(Math.max(...hurried)).toBeLessThanOrEqual(7_000)
    expect(Math.max(...hints(1_000_000, { spread: 0 }))).toBeLessThanOrEqual(11_000)
  })
})

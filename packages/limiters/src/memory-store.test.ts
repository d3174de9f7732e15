import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MemoryStore } from './memory-store.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'hrtime'] })
})
afterEach(() => {
  expect(vi.getTimerCount(), 'no timer is left').toBe(0)
  vi.useRealTimers()
})

it('gives the place of the idlest key that has points left to a new one', () => {
  const store = new MemoryStore({ limit: 2, window: 60_000 }, 3)
  for (const key of ['spent', 'spent', 'idle', 'used']) store.consume(key, 1)
  store.consume('new', 1)
  expect(store.size).toBe(3)
  expect(store.consume('spent', 1).taken).toBe(3)
  expect(store.consume('used', 1).taken).toBe(2)
  expect(store.consume('idle', 1).taken).toBe(1)
  store.clear()
})

it('gives the place of the idlest key of all where every one has used its points up', () => {
  const store = new MemoryStore({ limit: 1, window: 60_000 }, 2)
  for (const key of ['a', 'b', 'a', 'c']) store.consume(key, 1)
  expect(store.size).toBe(2)
  expect(store.consume('a', 1).taken).toBe(3)
  expect(store.consume('c', 1).taken).toBe(2)
  expect(store.consume('b', 1).taken).toBe(1)
  store.clear()
})

it('forgets keys whose windows have ended, and has no timer when there are none', () => {
  const store = new MemoryStore({ limit: 1, window: 5_000 }, 100_000)
  for (let n = 0; n < 25_000; n++) store.consume(`${n}`, n % 3)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(10_010)
  expect(store.size).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

it('gives the place of a spent key whose window has ended first', () => {
  const store = new MemoryStore({ limit: 1, window: 90_000, block: 1_000 }, 2)
  store.consume('over', 2)
  store.consume('open', 0)
  vi.advanceTimersByTime(1_001)
  store.consume('new', 0)
  store.consume('open', 1)
  expect(store.consume('open', 1).taken).toBe(2)
  store.clear()
})

it('counts by the monotonic clock: neither a key nor what it is told depends on the time of day', () => {
  const store = new MemoryStore({ limit: 1, window: 1_000 }, 10)
  store.consume('ada', 1)
  vi.setSystemTime(Date.now() - 3_600_000)
  expect(store.consume('ada', 1).resetAfter).toBeCloseTo(1_000, 1)
  vi.setSystemTime(Date.now() + 7_200_000)
  expect(store.consume('ada', 1)).toMatchObject({ taken: 3 })
  vi.advanceTimersByTime(1_001)
  expect(store.consume('ada', 1)).toMatchObject({ taken: 1 })
  store.clear()
})

it('keeps long keys apart, but not whole', () => {
  const store = new MemoryStore({ limit: 1, window: 1_000 }, 10)
  const long = 'x'.repeat(1_000_000)
  expect(store.consume(`${long}a`, 1).taken).toBe(1)
  expect(store.consume(`${long}b`, 1).taken).toBe(1)
  expect(store.consume(`${long}a`, 1).taken).toBe(2)
  store.delete(`${long}a`)
  expect(store.consume(`${long}a`, 1).taken).toBe(1)
  store.clear()
})

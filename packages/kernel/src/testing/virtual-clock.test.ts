import { describe, expect, test } from 'vitest'
import { virtualClock } from '../testing.js'

describe('the virtual clock', () => {
  test('fires in the order of time, and among equals in the order of setting', async () => {
    const clock = virtualClock({ now: 0 })
    const fired: string[] = []
    for (const [name, ms] of [
      ['c', 5],
      ['a', 1],
      ['d', 5],
      ['b', 1],
    ] as const) {
      clock.setTimeout(() => fired.push(`${name}@${clock.now()}`), ms)
    }
    await clock.advance(10)
    expect(fired).toEqual(['a@1', 'b@1', 'c@5', 'd@5'])
    expect(clock.now()).toBe(10)
  })

  test('keeps the order through thousands of timers that are set and cleared at random', async () => {
    const clock = virtualClock({ now: 0 })
    let state = 7
    const random = (n: number) => {
      state = (state * 48271) % 2147483647
      return state % n
    }
    const due = new Map<unknown, { at: number; order: number }>()
    const fired: { at: number; order: number }[] = []
    const expected: { at: number; order: number }[] = []
    for (let order = 0; order < 5_000; order++) {
      const entry = { at: random(1_000), order }
      due.set(
        clock.setTimeout(() => fired.push(entry), entry.at),
        entry,
      )
      if (random(3) > 0) continue
      const [handle] = [...due.keys()].slice(random(due.size))
      clock.clearTimeout(handle)
      due.delete(handle)
    }
    expected.push(...[...due.values()].sort((a, b) => a.at - b.at || a.order - b.order))
    expect(clock.pending).toBe(expected.length)
    await clock.advance(1_000)
    expect(fired).toEqual(expected)
    expect(clock.pending).toBe(0)
  })

  test('does not fire a timer that another one cleared at the same instant', async () => {
    const clock = virtualClock()
    const fired: string[] = []
    const handles: unknown[] = []
    clock.setTimeout(() => clock.clearTimeout(handles[0]), 1)
    handles.push(clock.setTimeout(() => fired.push('cleared'), 1))
    await clock.advance(1)
    expect(fired).toEqual([])
    clock.clearTimeout(handles[0])
    expect(clock.pending).toBe(0)
  })

  test('lets the promises of one timer settle before the next fires', async () => {
    const clock = virtualClock()
    const log: string[] = []
    clock.setTimeout(async () => {
      for (let i = 0; i < 100; i++) await undefined
      log.push('first, after a hundred turns')
    }, 1)
    clock.setTimeout(() => log.push('second'), 1)
    await clock.advance(1)
    expect(log).toEqual(['first, after a hundred turns', 'second'])
  })

  test('goes step by step, and says when nothing is left', async () => {
    const clock = virtualClock({ now: 0 })
    clock.setTimeout(() => {}, 3)
    clock.setTimeout(() => {}, 8)
    expect(await clock.step()).toBe(true)
    expect(clock.now()).toBe(3)
    expect(await clock.step()).toBe(true)
    expect(await clock.step()).toBe(false)
    expect(clock.now()).toBe(8)
  })

  test('fails a run that waits for something that no timer brings', async () => {
    const clock = virtualClock()
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow('no timer is left')
  })

  test('draws from the given source of chance', () => {
    expect(virtualClock({ random: () => 0.25 }).random?.()).toBe(0.25)
    expect(virtualClock().random).toBeUndefined()
  })
})

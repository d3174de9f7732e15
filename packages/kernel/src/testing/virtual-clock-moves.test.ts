import { describe, expect, test } from 'vitest'
import { virtualClock } from '../testing.js'

describe('virtualClock()', () => {
  test('stands still until it is moved, and starts where it is told to', async () => {
    const clock = virtualClock({ now: 5_000 })
    expect(clock.now()).toBe(5_000)
    await clock.settle()
    expect(clock.now()).toBe(5_000)
    await clock.advance(10)
    expect(clock.now()).toBe(5_010)
  })

  test('advance() fires what is due in order of time, then in order of setting, each at its own time', async () => {
    const clock = virtualClock({ now: 0 })
    const fired: string[] = []
    const set = (name: string, ms: number) => clock.setTimeout(() => fired.push(`${name} at ${clock.now()}`), ms)
    set('late', 30)
    set('first of two', 10)
    set('second of two', 10)
    set('early', 5)
    set('not yet', 31)
    await clock.advance(30)
    expect(fired).toEqual(['early at 5', 'first of two at 10', 'second of two at 10', 'late at 30'])
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(clock.pending).toBe(0)
  })

  test('advance() lets what follows from each timer happen before the next', async () => {
    const clock = virtualClock({ now: 0 })
    const seen: string[] = []
    clock.setTimeout(async () => {
      seen.push('a')
      for (let i = 0; i < 10; i++) await Promise.resolve()
      seen.push('after a')
      clock.setTimeout(() => seen.push('child'), 5)
    }, 10)
    clock.setTimeout(() => seen.push('b'), 16)
    await clock.advance(20)
    expect(seen).toEqual(['a', 'after a', 'child', 'b'])
  })

  test('a negative delay is now: no sooner than what was due before it, and time does not go back', async () => {
    const clock = virtualClock({ now: 100 })
    const fired: string[] = []
    clock.setTimeout(() => fired.push('zero'), 0)
    clock.setTimeout(() => fired.push('negative'), -50)
    await clock.advance(0)
    expect(fired).toEqual(['zero', 'negative'])
    expect([clock.now(), clock.pending]).toEqual([100, 0])
  })

  test('settle() flushes everything that needs no time, and no timer', async () => {
    const clock = virtualClock()
    let steps = 0
    void (async () => {
      for (let i = 0; i < 1_000; i++) {
        await null
        steps++
      }
    })()
    clock.setTimeout(() => expect.unreachable('a timer is time'), 0)
    await clock.settle()
    expect(steps).toBe(1_000)
    expect(clock.pending).toBe(1)
  })

  test('clearTimeout() takes a timer back, once or twice, and nothing else', async () => {
    const clock = virtualClock()
    const fired: string[] = []
    const one = clock.setTimeout(() => fired.push('one'), 10)
    clock.setTimeout(() => fired.push('two'), 10)
    clock.clearTimeout(one)
    clock.clearTimeout(one)
    clock.clearTimeout(undefined)
    await clock.advance(10)
    expect(fired).toEqual(['two'])
  })

  test('run() moves from timer to timer until the work settles, and not further', async () => {
    const clock = virtualClock({ now: 0 })
    const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
    const work = async () => {
      await wait(10)
      await wait(2 ** 40)
      return 'done'
    }
    clock.setTimeout(() => {}, 2 ** 41)
    expect(await clock.run(work())).toBe('done')
    expect(clock.now()).toBe(10 + 2 ** 40)
    expect(clock.pending).toBe(1)
  })

  test('run() throws what the work throws', async () => {
    const clock = virtualClock()
    const thrown = new Error('work')
    await expect(clock.run(Promise.reject(thrown))).rejects.toBe(thrown)
  })
})

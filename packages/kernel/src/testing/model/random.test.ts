import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shrink } from '../simulate/shrink.js'
import { SeededRandom } from './random.js'
import { printSchedule, type Schedule } from './schedule.js'

describe('seeded chance', () => {
  test('is the same for the same seed and differs between neighbours', () => {
    const numbers = (seed: number) => Array.from({ length: 20 }, (_, __, random = new SeededRandom(seed)) => random.next())
    expect(numbers(1)).toEqual(numbers(1))
    expect(new Set([1, 2, 3, 4].map((seed) => new SeededRandom(seed).next())).size).toBe(4)
  })

  test('is spread evenly, also over the first numbers of neighbouring seeds', () => {
    const buckets = new Array(10).fill(0)
    for (let seed = 0; seed < 10_000; seed++) buckets[new SeededRandom(seed).below(10)]++
    for (const count of buckets) expect(count).toBeGreaterThan(800)
  })

  test('counts have the mean that was asked for', () => {
    const random = new SeededRandom(5)
    for (const mean of [0, 0.3, 1, 4]) {
      let sum = 0
      for (let i = 0; i < 10_000; i++) sum += random.count(mean)
      expect(sum / 10_000).toBeCloseTo(mean, 1)
    }
  })
})

describe('shrinking', () => {
  test('finds the decisions that matter among many, and their simplest form', async () => {
    const noise: Schedule = Array.from({ length: 200 }, (_, i) => ({ do: 'use', resource: `r${i}`, at: i, ms: 7 }))
    const schedule: Schedule = [
      ...noise.slice(0, 90),
      { do: 'crash', resource: 'db', at: 1_234 },
      ...noise.slice(90),
      { resource: 'api', hook: 'stop', call: 1, does: 'rejects', ms: 77, cleanups: 2 },
    ]
    let tried = 0
    const needed = async (candidate: Schedule) => {
      tried++
      const crash = candidate.some((one) => 'do' in one && one.do === 'crash' && (one.at ?? 0) >= 40)
      return crash && candidate.some((one) => 'hook' in one && one.hook === 'stop')
    }
    expect(await shrink(schedule, needed, 2_000)).toEqual([
      { do: 'crash', resource: 'db', at: 100 },
      { resource: 'api', hook: 'stop', call: 1, does: 'throws' },
    ])
    expect(tried).toBeLessThan(200)
  })

  test('never tries more often than it may, and never returns what is fine', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 30 }), async (tries, length) => {
        const schedule: Schedule = Array.from({ length }, (_, i) => ({ do: 'crash', resource: `r${i}`, at: i }))
        let tried = 0
        const broken = async (candidate: Schedule) => {
          tried++
          return candidate.length >= length / 2
        }
        const shrunk = await shrink(schedule, broken, tries)
        expect(tried).toBeLessThanOrEqual(tries)
        expect(shrunk.length).toBeGreaterThanOrEqual(length / 2)
      }),
    )
  })
})

test('a schedule is printed as source, whatever the names are', () => {
  const schedule: Schedule = [{ do: 'crash', resource: "it's \\ a\nname", at: 0.5 }]
  expect(new Function(`return ${printSchedule(schedule)}`)()).toEqual(schedule)
  expect(printSchedule([])).toBe('[]')
})

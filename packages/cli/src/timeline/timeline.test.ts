import { createKernel, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { describe, expect, it } from 'vitest'
import { paintFor } from '../output/paint.js'
import { widthOf } from '../output/table.js'
import { bars } from './bars.js'
import { compare } from './compare.js'
import { comparisonText } from './comparison-text.js'
import { type Measured, measuredOf, medianOf } from './measured.js'
import { isMeasured } from './saved.js'

const plain = paintFor(false)

function measured(times: Readonly<Record<string, number>>, ms = Math.max(...Object.values(times))): Measured {
  const resources = Object.entries(times).map(([name, each]) => ({ name, beganMs: 0, ms: each, steps: [] }))
  return { format: 'keelson-timeline-1', kernel: 'shop', runs: [ms], ms, criticalPath: [], resources }
}

async function started(): Promise<Measured> {
  const clock = virtualClock()
  const takes = (ms: number) => () => new Promise<object>((done) => clock.setTimeout(() => done({}), ms))
  const db = resource('db', {
    start: async (_deps, { step }) => {
      await step('connect', takes(100))
      await step('migrate', takes(200))
    },
  })
  const cache = resource('cache', { start: takes(50) })
  const jobs = resource('jobs', { dependsOn: { db }, start: takes(10), activate: takes(40) })
  const kernel = createKernel([resource('api', { dependsOn: { db, cache }, start: takes(150) }), jobs], { name: 'shop', clock })
  await clock.run(kernel.start())
  const result = measuredOf(kernel)
  await clock.run(kernel.shutdown())
  return result
}

describe('a start', () => {
  it('is measured from its first moment until everything runs, with steps and activations', async () => {
    const { ms, criticalPath, resources } = await started()
    expect({ ms, criticalPath }).toEqual({ ms: 490, criticalPath: ['db', 'api'] })
    expect(resources).toMatchObject([
      {
        name: 'db',
        beganMs: 0,
        ms: 300,
        steps: [
          { name: 'connect', beganMs: 0, ms: 100 },
          { name: 'migrate', beganMs: 100, ms: 200 },
        ],
      },
      { name: 'cache', beganMs: 0, ms: 50, steps: [] },
      { name: 'api', beganMs: 300, ms: 150 },
      { name: 'jobs', beganMs: 300, ms: 10, activateMs: 40 },
    ])
  })

  it('is JSON that is known again', async () => {
    const whole = await started()
    expect(isMeasured(JSON.parse(JSON.stringify(whole)))).toBe(true)
    for (const other of [
      undefined,
      null,
      {},
      [],
      { ...whole, format: 'x' },
      { ...whole, resources: [{}] },
      { ...whole, ms: '1' },
    ]) {
      expect(isMeasured(other)).toBe(false)
    }
  })

  it('is drawn on one axis: each bar begins where its time does, and none is longer than the terminal', async () => {
    const text = bars(await started(), plain, 80)
    const rows = text.split('\n')
    expect(rows.every((row) => widthOf(row) <= 80)).toBe(true)
    const row = (name: string) => rows.find((each) => each.trimStart().startsWith(name))!
    const at = (name: string, character: string) => ({ from: row(name).indexOf(character), to: row(name).lastIndexOf(character) })
    const [db, api, cache, migrate] = [at('db', '━'), at('api', '━'), at('cache', '─'), at('migrate', '·')]
    expect(api.from).toBe(db.to + 1)
    expect(cache.from).toBe(db.from)
    expect(cache.to).toBeLessThan(db.to)
    expect(migrate.from).toBeGreaterThan(db.from)
    expect(migrate.to).toBe(db.to)
    expect(text).toMatch(/critical path {2}db 300 ms → api 150 ms/)
    expect(row('jobs')).toMatch(/10 ms \+ 40 ms activate$/)
  })

  it('of nothing is drawn, too', () => {
    const empty = createKernel([], { name: 'empty' })
    expect(bars({ ...measuredOf(empty), ms: 0 }, plain)).toBe('empty: no resources')
    expect(measuredOf(empty)).toMatchObject({ ms: 0, resources: [] })
  })
})

it('of several starts the median counts, each for itself', () => {
  const whole = medianOf([measured({ db: 100, api: 900 }), measured({ db: 300, api: 200 }), measured({ db: 110, api: 210 })])
  expect(whole.resources.map(({ name, ms }) => [name, ms])).toEqual([
    ['db', 110],
    ['api', 210],
  ])
  expect(whole).toMatchObject({ ms: 300, runs: [900, 300, 210] })
  expect(medianOf([measured({ db: 100 }), measured({ db: 200 })]).ms).toBe(150)
  expect(medianOf([measured({ db: 1, once: 5 }), measured({ db: 1 })]).resources.map(({ name }) => name)).toEqual(['db'])
})

describe('a comparison', () => {
  const limits = { tolerance: 0.2, floorMs: 50 }
  const slower = (base: Measured, now: Measured) =>
    compare(base, now, limits)
      .filter((row) => row.slower)
      .map(({ resource = 'the whole' }) => resource)

  it.each([
    ['as before', { db: 300 }, []],
    ['within the tolerance', { db: 360 }, []],
    ['beyond it', { db: 361 }, ['the whole', 'db']],
    ['quicker', { db: 10 }, []],
  ])('%s', (_, now, expected) => {
    expect(slower(measured({ db: 300 }), measured(now))).toEqual(expected)
  })

  it('of what is short the floor counts', () => {
    expect(slower(measured({ db: 2 }), measured({ db: 52 }))).toEqual([])
    expect(slower(measured({ db: 2 }), measured({ db: 53 }))).toEqual(['the whole', 'db'])
    expect(slower(measured({ db: 0 }), measured({ db: 53 }))).toEqual(['the whole', 'db'])
  })

  it('finds one that is hidden behind a longer one', () => {
    expect(slower(measured({ db: 1_000, cache: 100 }), measured({ db: 1_000, cache: 900 }))).toEqual(['cache'])
  })

  it('of what is new or gone only the whole says something', () => {
    expect(slower(measured({ db: 100, old: 5 }), measured({ db: 100, new: 500 }))).toEqual(['the whole'])
    const text = comparisonText(compare(measured({ old: 5 }), measured({ new: 5 }), limits), plain)
    expect(text).toMatch(/^new +- +5 ms +new$/m)
    expect(text).toMatch(/^old +5 ms +- +gone$/m)
  })
})

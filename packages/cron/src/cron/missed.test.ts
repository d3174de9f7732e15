import { resource, type StartContext } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { cron } from '../index.js'
import { dayClock, started } from '../test-support/cron-kernel.js'

const NOON = '2026-05-01T12:00:00Z'
const at = Date.parse(NOON)

/** In seconds after noon. */
const seconds = (date: Date) => (date.getTime() - at) / 1_000

test.each([
  ['none', 30_000, [[30, 2]], 2],
  ['none', 95_500, [[90, 8]], 8],
  ['last', 30_000, [[30, 2]], 2],
  ['all', 30_000, [10, 20, 30].map((second) => [second, 0]), 0],
] as const)('J2 catchUp %s, when nothing ran for %d ms', async (catchUp, ms, ran, missed) => {
  const clock = dayClock(NOON)
  const seen: [number, number][] = []
  const job = cron('job', '*/10 * * * * *', {
    catchUp,
    run: (_, { scheduledAt, missed }) => seen.push([seconds(scheduledAt), missed]),
  })
  const kernel = await started(clock, [job])
  clock.jump(ms - 10_000)
  await clock.advance(10_000)
  expect(seen).toEqual(ran)
  expect(kernel.get(job).counts.missed).toBe(missed)
})

test('J2 what is later than it may be is missed, told, and seen until a run has succeeded', async () => {
  const clock = dayClock(NOON)
  let runs = 0
  const job = cron('backup', '0 3 * * *', { timezone: 'UTC', run: () => runs++ })
  const kernel = await started(clock, [job])
  const changes: string[] = []
  kernel.on('health:change', ({ to, error }) => changes.push(`${to}: ${error?.message}`))
  clock.jump(20 * 3_600_000)
  await clock.advance(60_000)
  expect(runs).toBe(0)
  const message =
    'resource "backup" is unhealthy: the run of 2026-05-02T03:00:00Z was missed: the event loop was blocked, the machine slept, or the job was away'
  expect(changes).toEqual([`unhealthy: ${message}`])
  expect(kernel.probe()).toMatchObject({ status: 'degraded', ready: true, reasons: [{ message }] })
  expect(kernel.inspect(job).counts).toMatchObject({ missed: 1, nextRunAt: Date.parse('2026-05-03T03:00:00Z') })
  await clock.advance(20 * 3_600_000)
  expect(runs).toBe(1)
  expect(kernel.probe().status).toBe('ready')
})

test('J2 a time of day that is set back a little runs nothing twice, and one that is set back by hours is believed', async () => {
  const clock = dayClock(NOON)
  const seen: number[] = []
  const job = cron('job', '*/10 * * * * *', { run: (_, { scheduledAt }) => seen.push(seconds(scheduledAt)) })
  await started(clock, [job])
  await clock.advance(20_000)
  clock.jump(-15_000)
  await clock.advance(20_000)
  expect(seen).toEqual([10, 20])
  await clock.advance(10_000)
  expect(seen).toEqual([10, 20, 30])
  clock.jump(-3_600_000)
  await clock.advance(70_000)
  expect(seen.slice(3).every((second) => second < 0)).toBe(true)
  expect(seen.length).toBeGreaterThan(3)
})

test('J2 a tick that comes while the job is restarted is run when it is back, and those before it are missed', async () => {
  const clock = dayClock(NOON)
  const seen: number[] = []
  let crash!: StartContext['crashed']
  const db = resource('db', {
    restart: { attempts: 3, within: 60_000, delay: 25_000, jitter: 0 },
    start: (_, ctx) => {
      crash = ctx.crashed
    },
  })
  const job = cron('job', '*/10 * * * * *', { dependsOn: { db }, run: (_, { scheduledAt }) => seen.push(seconds(scheduledAt)) })
  const kernel = await started(clock, [job])
  await clock.advance(15_000)
  crash(new Error('gone'))
  await clock.advance(26_000)
  expect(seen).toEqual([10, 40])
  expect(kernel.get(job).counts).toEqual({ runs: 2, failures: 0, skipped: 0, missed: 2 })
})

test('J1 a run that was given up at a deadline still counts as one that goes on', async () => {
  const clock = dayClock(NOON)
  let begun = 0
  let end!: () => void
  const job = cron('job', '*/10 * * * * *', {
    timeouts: { drain: 1_000, stop: 1_000 },
    run: () =>
      new Promise<void>((resolve) => {
        begun++
        end = resolve
      }),
  })
  const kernel = await started(clock, [job])
  await clock.advance(10_000)
  await clock.run(kernel.restart(job))
  await clock.advance(10_000)
  expect([begun, kernel.inspect(job).counts]).toMatchObject([1, { running: 1, skipped: 1, runs: 0 }])
  end()
  await clock.advance(10_000)
  expect([begun, kernel.inspect(job).counts]).toMatchObject([2, { running: 1, skipped: 1, runs: 1 }])
  end()
})

test.each([
  [new Date(at - 150_000), 'none', [0], 2],
  [at - 150_000, 'all', [-120, -60, 0], 0],
  [undefined, 'all', [], 0],
])('J2 lastRun: what no process was there for since %s is missed, too (catchUp %s)', async (last, catchUp, ran, missed) => {
  const clock = dayClock(NOON)
  const seen: number[] = []
  const store = resource('store', { start: () => ({ last: () => Promise.resolve(last) }) })
  const job = cron('job', '0 * * * * *', {
    dependsOn: { store },
    catchUp: catchUp as 'none',
    lastRun: ({ store }) => store.last(),
    run: (_, { scheduledAt }) => seen.push(seconds(scheduledAt)),
  })
  const kernel = await started(clock, [job])
  await clock.advance(5_000)
  expect(seen).toEqual(ran)
  expect(kernel.get(job).counts.missed).toBe(missed)
})

test('lastRun that tells no time fails the start', async () => {
  const clock = dayClock(NOON)
  const job = cron('job', '0 * * * * *', { lastRun: () => Promise.resolve('yesterday' as never), run: () => {} })
  const kernel = await started(clock, [job])
  expect(kernel.inspect(job)).toMatchObject({ state: 'failed', error: expect.stringContaining('lastRun returned no time') })
})

import { createKernel, type KeelsonError, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { cron } from '../index.js'
import { dayClock, Gate, iso, started } from '../test-support/cron-kernel.js'

const NOON = '2026-05-01T12:00:00Z'

test('J1 ticks from when everything runs, at the times of its pattern, however far away', async () => {
  const clock = dayClock(NOON)
  const seen: string[] = []
  const slow = resource('slow', { start: () => new Promise<void>((resolve) => clock.setTimeout(resolve, 25_000)) })
  const job = cron('job', '*/10 * * * * *', {
    timezone: 'UTC',
    run: (_, { scheduledAt }) => seen.push(scheduledAt.toISOString()),
  })
  // Further away than a timer of the runtime can wait.
  const monthly = cron('monthly', '0 0 1 * *', { timezone: 'UTC', run: () => seen.push('new month') })
  const kernel = await started(clock, [job, monthly, slow])
  expect(seen).toEqual([])
  await clock.advance(20_000)
  expect(seen).toEqual(['2026-05-01T12:00:30.000Z', '2026-05-01T12:00:40.000Z'])
  expect(iso(kernel.get(monthly).nextRun)).toBe('2026-06-01T00:00:00.000Z')
  await kernel.remove(job)
  await clock.advance(31 * 86_400_000)
  expect(seen.filter((what) => what === 'new month')).toHaveLength(1)
})

test('is never begun where the start is rolled back', async () => {
  const clock = dayClock(NOON)
  let runs = 0
  const job = cron('job', '* * * * * *', { run: () => runs++ })
  const broken = resource('broken', {
    start: () => new Promise<never>((_, reject) => clock.setTimeout(() => reject(new Error('no')), 9_000)),
  })
  await expect(clock.run(createKernel([job, broken], { clock }).start())).rejects.toThrow('no')
  expect(runs).toBe(0)
  expect(clock.pending).toBe(0)
})

test('J1 takes no tick from the first instant of a shutdown, and waits for the run that goes on before what it needs stops', async () => {
  const clock = dayClock(NOON)
  const log: string[] = []
  const gate = new Gate()
  const db = resource('db', { start: () => 'db', stop: () => log.push('db stopped') })
  const job = cron('cleanup', '*/10 * * * * *', {
    dependsOn: { db },
    run: async ({ db }, { stopping }) => {
      log.push(`run with ${db}`)
      stopping.addEventListener('abort', () => log.push('told to stop'))
      await gate.passed
      log.push('run ended')
    },
  })
  const kernel = await started(clock, [job], { shutdown: { delay: 15_000, timeout: 60_000 } })
  await clock.advance(12_000)
  expect(kernel.inspect(job)).toMatchObject({ work: { count: 1, oldest: [{ label: 'cron cleanup', sinceMs: 2_000 }] } })
  const report = kernel.shutdown()
  await clock.advance(40_000)
  expect(log).toEqual(['run with db', 'told to stop'])
  gate.open()
  const { outcomes } = await clock.run(report)
  expect(log).toEqual(['run with db', 'told to stop', 'run ended', 'db stopped'])
  expect(outcomes[0]).toMatchObject({ resource: 'cleanup', outcome: 'stopped', note: 'finished 1 run' })
})

test('J1 at the deadline its signal aborts, while what it needs is still there', async () => {
  const clock = dayClock(NOON)
  const log: string[] = []
  const db = resource('db', { start: () => {}, stop: () => log.push('db stopped') })
  const job = cron('cleanup', '*/10 * * * * *', {
    dependsOn: { db },
    timeouts: { drain: 5_000 },
    run: (_, { signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          log.push(`aborted: ${signal.reason.message}`)
          clock.setTimeout(() => {
            log.push('rolled back')
            resolve()
          }, 100)
        })
      }),
  })
  const kernel = await started(clock, [job])
  await clock.advance(10_000)
  await expect(clock.run(kernel.shutdown('deploy'))).rejects.toMatchObject({
    report: {
      errors: [
        expect.objectContaining({ message: expect.stringMatching(/within 5000 ms; still at work: cron cleanup for 5000 ms/) }),
      ],
      outcomes: [{ resource: 'cleanup', outcome: 'stopped', work: { count: 1 } }, { resource: 'db' }],
    },
  })
  expect(log).toEqual(['aborted: cleanup stops: deploy', 'rolled back', 'db stopped'])
})

test('J3 a run that fails while everything stops is an error of its drain', async () => {
  const clock = dayClock(NOON)
  const gate = new Gate()
  const kernel = await started(clock, [cron('job', '*/10 * * * * *', { run: () => gate.passed })])
  await clock.advance(10_000)
  const report = kernel.shutdown()
  await clock.settle()
  gate.fail(new Error('disk full'))
  await expect(clock.run(report)).rejects.toThrow(
    'resource "job" failed to drain: its run of 2026-05-01T12:00:10Z failed: disk full',
  )
})

test('inspect() has its next and its last run, how that went, and what was skipped', async () => {
  const clock = dayClock(NOON)
  const ends = () => new Promise<void>((resolve) => clock.setTimeout(resolve, 25_000))
  const job = cron('job', '*/10 * * * * *', { timezone: 'UTC', run: ends })
  const kernel = await started(clock, [job])
  const at = Date.parse(NOON)
  expect(kernel.inspect(job).counts).toEqual({
    ...{ runs: 0, failures: 0, skipped: 0, missed: 0, running: 0, queued: 0 },
    nextRunAt: at + 10_000,
  })
  await clock.advance(36_000)
  expect(kernel.inspect(job).counts).toEqual({
    ...{ runs: 1, failures: 0, skipped: 2, missed: 0, running: 0, queued: 0 },
    ...{ lastRunAt: at + 10_000, lastDurationMs: 25_000, lastFailed: 0, nextRunAt: at + 40_000 },
  })
  expect(kernel.get(job)).toMatchObject({ running: 0, queued: 0, lastRun: { durationMs: 25_000, outcome: 'done' } })
  await clock.advance(4_000)
  expect(kernel.get(job).lastRun).toEqual({
    scheduledAt: new Date(at + 40_000),
    startedAt: new Date(at + 40_000),
    outcome: 'running',
  })
})

test.each([
  ['skip', 1, [10, 40]],
  ['queue', 1, [10, 20, 30]],
  ['allow', 3, [10, 20, 30, 40, 50, 60]],
] as const)('J1 overlap %s: at most %i at once', async (overlap, atOnce, begun) => {
  const clock = dayClock(NOON)
  const at = Date.parse(NOON)
  const seen: number[] = []
  let now = 0
  let most = 0
  const job = cron('job', '*/10 * * * * *', {
    overlap,
    run: async (_, { scheduledAt }) => {
      seen.push((scheduledAt.getTime() - at) / 1_000)
      most = Math.max(most, ++now)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 25_000))
      now--
    },
  })
  await started(clock, [job], { shutdown: { timeout: Infinity } })
  await clock.advance(64_000)
  expect(seen).toEqual(begun)
  expect(most).toBe(atOnce)
})

test('J3 a run that fails makes the job unhealthy, and the service degraded, until one succeeds', async () => {
  const clock = dayClock(NOON)
  let fails = true
  const job = cron('job', '*/10 * * * * *', {
    run: () => {
      if (fails) throw new Error('no route to postgres://app:hunter2@db/shop')
    },
  })
  const kernel = await started(clock, [job])
  await clock.advance(10_000)
  expect(kernel.probe()).toMatchObject({
    status: 'degraded',
    ready: true,
    reasons: [
      { message: 'resource "job" is unhealthy: its run of 2026-05-01T12:00:10Z failed: no route to postgres://***@db/shop' },
    ],
  })
  expect(kernel.inspect(job)).toMatchObject({ health: 'unhealthy', counts: { runs: 1, failures: 1, lastFailed: 1 } })
  fails = false
  await clock.advance(10_000)
  expect(kernel.probe().status).toBe('ready')
  expect(kernel.inspect(job)).toMatchObject({ health: 'healthy', counts: { runs: 2, failures: 1, lastFailed: 0 } })
})

test('onError: crash follows the restart policy, a function has it instead', async () => {
  const clock = dayClock(NOON)
  const told: unknown[] = []
  const error = new Error('no')
  const run = () => Promise.reject(error)
  const restart = { attempts: 5, within: 60_000 }
  const crashing = cron('crashing', '*/10 * * * * *', { onError: 'crash', restart, run })
  const asked = cron('asked', '*/10 * * * * *', { onError: (error, { outcome }) => told.push([error, outcome]), run })
  const broken = cron('broken', '*/10 * * * * *', { onError: () => Promise.reject(new Error('told nobody')), run })
  const kernel = await started(clock, [crashing, asked, broken])
  await clock.advance(10_500)
  expect(kernel.inspect(crashing)).toMatchObject({ state: 'running', restarts: 1, counts: { failures: 1 } })
  expect(told).toEqual([[error, 'failed']])
  expect(kernel.inspect(asked).health).toBe('unknown')
  expect(kernel.inspect(broken).error).toBe('resource "broken" is unhealthy: told nobody')
})

test('J3 retries: a run is tried again before it counts as failed, and not any more once it is told to stop', async () => {
  const clock = dayClock(NOON)
  const tries: number[] = []
  const job = cron('job', '0 * * * * *', {
    retries: { attempts: 3, delay: 1_000, jitter: 0 },
    run: (_, { attempt }) => {
      tries.push(attempt)
      if (attempt < 3 || clock.now() > Date.parse(NOON) + 100_000) throw new Error('not yet')
    },
  })
  const kernel = await started(clock, [job])
  await clock.advance(60_000)
  expect([tries, kernel.get(job).running]).toEqual([[1], 1])
  await clock.advance(5_000)
  expect(tries).toEqual([1, 2, 3])
  expect(kernel.get(job)).toMatchObject({ counts: { runs: 1, failures: 0 }, lastRun: { durationMs: 3_000 } })
  await clock.advance(55_000)
  await expect(clock.run(kernel.shutdown())).rejects.toThrow('not yet')
  expect(tries).toEqual([1, 2, 3, 1])
})

test('J3 runTimeout: it has failed at once, and goes on to be in the way for as long as it ignores its signal', async () => {
  const clock = dayClock(NOON)
  const gate = new Gate()
  let aborted = false
  const job = cron('job', '0 * * * * *', {
    runTimeout: 5_000,
    run: async (_, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      await gate.passed
    },
  })
  const kernel = await started(clock, [job])
  await clock.advance(65_000)
  expect(aborted).toBe(true)
  expect(kernel.inspect(job)).toMatchObject({
    error: expect.stringContaining('it ran out of time after 5000 ms'),
    counts: { running: 1, failures: 1 },
  })
  await clock.advance(60_000)
  expect(kernel.get(job).counts).toEqual({ runs: 0, failures: 1, skipped: 1, missed: 0 })
  gate.open()
  await clock.settle()
  expect(kernel.get(job).counts).toEqual({ runs: 1, failures: 1, skipped: 1, missed: 0 })
})

test.each([
  [undefined],
  [null],
  [Object.create(null)],
  ['text'],
  [
    {
      get message() {
        throw new Error('no')
      },
    },
  ],
])('whatever a run throws is told: %#', async (thrown) => {
  const clock = dayClock(NOON)
  const job = cron('job', '*/10 * * * * *', { run: () => Promise.reject(thrown) })
  const kernel = await started(clock, [job])
  await clock.advance(10_000)
  expect(kernel.inspect(job)).toMatchObject({ health: 'unhealthy', error: expect.stringMatching(/its run of .* failed: ./) })
})

test('run() runs it now, by the same rules', async () => {
  const clock = dayClock(NOON)
  const gates = [new Gate(), new Gate(), new Gate()]
  let begun = 0
  const job = cron('job', '0 0 1 1 *', { run: () => gates[begun++]!.passed })
  const queued = cron('queued', '0 0 1 1 *', {
    overlap: 'queue',
    run: () => new Promise<void>((resolve) => clock.setTimeout(resolve, 10)),
  })
  const kernel = await started(clock, [job, queued])
  const value = kernel.get(job)
  const first = value.run()
  await expect(value.run()).rejects.toThrow('resource "job" was not run: a run of it goes on; ask when that has ended')
  gates[0]!.open()
  await first
  const second = value.run()
  gates[1]!.fail(new Error('no'))
  await expect(second).rejects.toThrow('no')
  const runs = Promise.allSettled([1, 2, 3].map(() => kernel.get(queued).run()))
  const over = kernel.shutdown()
  await clock.run(over)
  expect((await runs).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  await expect(value.run()).rejects.toMatchObject({ code: 'INVALID_STATE' })
})

test.each([
  [{ run: undefined }, /run is undefined; pass a function/],
  [{ run: () => {}, overlap: 'never' }, /overlap is 'never'; pass one of 'skip', 'queue', 'allow'/],
  [{ run: () => {}, catchUp: true }, /catchUp is of type boolean/],
  [{ run: () => {}, tolerance: -1 }, /tolerance is -1; pass milliseconds, 0 or more/],
  [{ run: () => {}, retries: { attempts: 0 } }, /retries.attempts is 0/],
  [{ run: () => {}, retries: { tries: 2 } }, /retries.tries does not exist/],
  [{ run: () => {}, onError: 'exit' }, /onError is 'exit'/],
  [{ run: () => {}, stop: () => {} }, /stop cannot be given/],
  [{ run: () => {}, schedule: '* * * * *' }, /schedule/],
  [undefined, /its options must be an object/],
])('bad options are refused: %j', (options, message) => {
  const refused = expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })
  expect(() => cron('job', '* * * * *', options as never)).toThrow(refused as KeelsonError)
})

test('a pattern of the dependencies is read at the start, and fails it when it cannot be used', async () => {
  const clock = dayClock(NOON)
  const config = resource('config', { start: () => ({ often: '0 * * * *', bad: '0 25 * * *' }) })
  const job = cron('job', ({ config }) => config.often, { dependsOn: { config }, run: () => {} })
  const kernel = await started(clock, [job])
  expect(kernel.get(job).pattern).toBe('0 * * * *')
  const bad = cron('bad', ({ config }) => config.bad, { dependsOn: { config }, impact: 'unready', run: () => {} })
  await expect(createKernel([bad], { clock }).start()).rejects.toThrow(
    /"bad" failed to start: .*'0 25 \* \* \*' cannot be used: .*hour/,
  )
})

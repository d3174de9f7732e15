import { createKernel, resource, type StartContext } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, it } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { ToldErrors } from '../words/told-errors.js'
import { Narration } from './narrate.js'
import { RestartLines } from './restart-lines.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const refused = () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' })

/** A kernel in which db, which `cache` needs, crashes when told to; `starts` are its starts by number, the first is 1. */
async function running(starts: (n: number) => unknown, restart = { attempts: 5, within: 600_000, delay: 5_000, jitter: 0 }) {
  const clock = virtualClock()
  let count = 0
  let ctx: StartContext | undefined
  const db = resource('db', {
    impact: 'degraded',
    restart,
    start: async (_deps: unknown, context: StartContext) => {
      ctx = context
      return starts(++count)
    },
  })
  const cache = resource('cache', { impact: 'degraded', dependsOn: { db }, start: () => 1 })
  const kernel = createKernel([cache], { name: 'shop', clock })
  const { say, lines, entries } = keepEntries()
  const narration = new Narration(kernel, say)
  narration.begin()
  await clock.run(kernel.start())
  return {
    kernel,
    clock,
    lines,
    entries,
    crash: async () => {
      ctx?.crashed(new Error('connection lost'))
      await turn()
    },
    end: async () => {
      await clock.run(kernel.shutdown().catch(() => {}))
      narration.end()
    },
  }
}

it('L4 tells each restart with its number and its reason, and at the end how long it was away', async () => {
  const { clock, crash, lines, entries, end } = await running((n) => {
    if (n === 2 || n === 3) throw refused()
  })
  await crash()
  await clock.advance(5_000)
  await clock.advance(10_000)
  await clock.advance(20_000)
  await turn()
  expect(lines).toEqual([
    'warn: db: restart 1 of 5 in 5 s: crashed: connection lost; cache restarts with it',
    'warn: db: restart 2 of 5 in 10 s: failed to start: connect ECONNREFUSED 10.0.0.7:5432; cache restarts with it',
    'warn: db: restart 3 of 5 in 20 s: failed to start: connect ECONNREFUSED 10.0.0.7:5432; cache restarts with it',
    'info: db runs again after 35 s (restart 3 of 5)',
  ])
  expect(entries.map(({ fields }) => fields)).toMatchObject([
    {
      event: 'restart:scheduled',
      resource: 'db',
      attempt: 1,
      delayMs: 5_000,
      dependents: ['cache'],
      error: { code: 'CRASHED' },
    },
    { event: 'restart:scheduled', attempt: 2, error: { code: 'START_FAILED' } },
    { event: 'restart:scheduled', attempt: 3 },
    { event: 'restart:done', resource: 'db', attempt: 3, durationMs: 35_000 },
  ])
  await end()
})

it('L4 counts from the failure again after it had been back', async () => {
  const { clock, crash, lines, end } = await running(() => 1)
  await crash()
  await clock.advance(5_000)
  await clock.advance(60_000)
  await crash()
  await clock.advance(10_000)
  await turn()
  expect(lines.filter((line) => line.includes('runs again'))).toEqual([
    'info: db runs again after 5 s (restart 1 of 5)',
    'info: db runs again after 10 s (restart 2 of 5)',
  ])
  await end()
})

it('tells once that a resource is given up, and why', async () => {
  const { clock, crash, lines, end } = await running(
    (n) => {
      if (n > 1) throw refused()
    },
    { attempts: 1, within: 600_000, delay: 10, jitter: 0 },
  )
  await crash()
  await clock.advance(10)
  await turn()
  expect(lines).toEqual([
    'warn: db: restart 1 of 1 in 10 ms: crashed: connection lost; cache restarts with it',
    'error: db failed again after 1 restart and stays down: failed to start: connect ECONNREFUSED 10.0.0.7:5432; mend its cause, or raise restart.attempts',
    'warn: resource "cache" cannot start: its dependency "db" failed; mend "db", or depend on it with optional()',
  ])
  await end()
})

it('tells a restart that was asked for without a number or a reason', async () => {
  const { clock, kernel, lines, end } = await running(() => 1)
  const other = resource('mail', { impact: 'none', start: () => 1 })
  await clock.run(kernel.add(other))
  await clock.run(kernel.restart(other))
  await turn()
  expect(lines).toEqual(['info: mail is restarted', 'info: mail runs again after 0 ms'])
  await end()
})

it('L4 says of how many', () => {
  const lines = new RestartLines(new ToldErrors())
  const scheduled = {
    type: 'restart:scheduled',
    at: 0,
    resource: 'db',
    attempt: 2,
    attempts: 5,
    delayMs: 400,
    resources: ['db'],
  } as const
  expect(lines.scheduled(scheduled).message).toBe('db: restart 2 of 5 in 400 ms')
  const done = { type: 'restart:done', at: 75_000, resource: 'db', attempt: 2, durationMs: 15_000 } as const
  expect(lines.done(done).message).toBe('db runs again after 75 s (restart 2 of 5)')
})

it('forgets a restart that does not come to its end, and one that another took over', () => {
  const lines = new RestartLines(new ToldErrors())
  const scheduled = (resource: string, at: number, resources = [resource]) =>
    lines.scheduled({ type: 'restart:scheduled', at, resource, attempt: 1, delayMs: 0, resources })
  const done = (resource: string, at: number) =>
    lines.done({ type: 'restart:done', at, resource, attempt: 1, durationMs: 5 }).fields.durationMs
  scheduled('db', 0)
  lines.abandoned('db')
  scheduled('db', 1_000)
  expect(done('db', 1_010)).toBe(10)
  scheduled('cache', 2_000)
  scheduled('db', 3_000, ['db', 'cache'])
  expect(done('db', 3_100)).toBe(100)
  scheduled('cache', 9_000)
  expect(done('cache', 9_001)).toBe(1)
})

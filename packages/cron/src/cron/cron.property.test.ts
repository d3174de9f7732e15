import { createKernel, resource, type StartContext } from '@keelson/kernel'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cron } from '../index.js'
import { dayClock } from '../test-support/cron-kernel.js'

const NOON = '2026-05-01T12:00:00Z'
const PERIOD = 10_000

type Happening = { readonly what: 'pass' | 'jump' | 'crash' | 'rotate' | 'fail'; readonly ms: number }

const happenings = fc.array(
  fc.record({
    what: fc.constantFrom<Happening['what']>('pass', 'pass', 'pass', 'jump', 'crash', 'rotate', 'fail'),
    ms: fc.integer({ min: 1, max: 70_000 }),
  }),
  { maxLength: 25 },
)

test('J1 every tick is run once, or skipped, or missed, and never two at once unless that is allowed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('skip' as const, 'queue' as const, 'allow' as const),
      fc.constantFrom('none' as const, 'last' as const, 'all' as const),
      fc.array(fc.integer({ min: 0, max: 45_000 }), { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 0, max: 20_000 }),
      happenings,
      async (overlap, catchUp, durations, drain, steps) => {
        const clock = dayClock(NOON)
        const begun: number[] = []
        let now = 0
        let most = 0
        let fails = false
        let crash!: StartContext['crashed']
        const db = resource('db', {
          impact: 'degraded',
          restart: { attempts: Infinity, within: 60_000, delay: 5_000 },
          start: (_, ctx) => {
            crash = ctx.crashed
          },
        })
        const job = cron('job', '*/10 * * * * *', {
          after: [db],
          overlap,
          catchUp,
          timeouts: { drain, stop: 1_000 },
          run: async (_, { scheduledAt }) => {
            begun.push(scheduledAt.getTime())
            most = Math.max(most, ++now)
            await new Promise<void>((resolve) => clock.setTimeout(resolve, durations[begun.length % durations.length]!))
            now--
            if (fails) throw new Error('no')
          },
        })
        const below = cron('below', '*/10 * * * * *', { dependsOn: { db }, run: () => {} })
        const kernel = createKernel([job, below], { clock, shutdown: { timeout: Infinity } })
        await clock.run(kernel.start())
        for (const { what, ms } of steps) {
          if (what === 'jump') clock.jump(ms)
          else if (what === 'crash') crash(new Error('gone'))
          else if (what === 'rotate') await Promise.race([kernel.rotate(job).catch(() => {}), clock.advance(ms)])
          else if (what === 'fail') fails = !fails
          else await clock.advance(ms)
        }
        await clock.advance(61_000) // whatever the time of day has become, it has been looked at
        const value = kernel.get(job)
        const { runs, skipped, missed } = value.counts
        const until = value.nextRun!.getTime()
        const ticks = (until - Date.parse(NOON)) / PERIOD - 1
        expect(runs + value.running + value.queued + skipped + missed).toBe(ticks)
        expect(begun).toHaveLength(runs + value.running)
        expect(new Set(begun).size).toBe(begun.length)
        if (overlap !== 'allow') {
          expect(most).toBeLessThanOrEqual(1)
          expect(begun).toEqual([...begun].sort((a, b) => a - b))
        }
        const belowCounts = kernel.get(below).counts
        expect(belowCounts.runs + belowCounts.missed).toBe((kernel.get(below).nextRun!.getTime() - Date.parse(NOON)) / PERIOD - 1)
        await clock.run(kernel.shutdown().catch(() => {}))
        const ended = begun.length
        await clock.advance(300_000)
        expect(begun).toHaveLength(ended)
        expect([clock.pending, now]).toEqual([0, 0])
      },
    ),
    { numRuns: 200 },
  )
})

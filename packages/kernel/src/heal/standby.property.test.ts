import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernel, resource, type StartContext } from '../index.js'
import { virtualClock } from '../testing.js'

const STEPS = ['enter', 'lose', 'db', 'job', 'restart leader', 'restart job', 'fail', 'wait', 'check'] as const

test('S11 what needs one that stands by runs when that does, and only then, whatever happens in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ step: fc.constantFrom(...STEPS), ms: fc.integer({ min: 0, max: 400 }) }), { maxLength: 30 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (steps, durations, standsBy) => {
        const clock = virtualClock({ random: () => 0 })
        let took = 0
        const pause = () => new Promise<void>((resolve) => void clock.setTimeout(resolve, durations[took++ % durations.length]!))
        const contexts = new Map<string, StartContext>()
        const up = new Set<string>()
        const broken: string[] = []
        let enter = (_: boolean) => {}
        const rise = async (name: string, ctx: StartContext) => {
          contexts.set(name, ctx)
          await pause()
        }
        const restart = { attempts: Infinity, within: 60_000, delay: 50 }
        const db = resource('db', {
          restart,
          start: (_, ctx) => rise('db', ctx).then(() => void up.add('db')),
          stop: () => void up.delete('db'),
        })
        const leader = resource('leader', {
          dependsOn: { db },
          impact: 'none',
          restart,
          start: async (_, ctx) => {
            if (standsBy) ctx.standBy('another leads')
            await rise('leader', ctx)
            ctx.standBy('another leads')
            await new Promise<void>((resolve, reject) => {
              enter = (enters) => (enters ? resolve() : reject(new Error('no')))
              ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
              if (ctx.signal.aborted) reject(ctx.signal.reason)
            })
            up.add('leader')
          },
          stop: () => {
            if (up.has('job')) broken.push('the leader stopped before the job')
            up.delete('leader')
          },
        })
        const job = resource('job', {
          dependsOn: { leader, db },
          restart,
          start: async (_, ctx) => {
            if (!up.has('leader')) broken.push('the job started without the leader')
            await rise('job', ctx)
            up.add('job')
          },
          drain: pause,
          stop: () => void up.delete('job'),
        })
        const kernel = createKernel([job], { clock, shutdown: { timeout: Infinity } })
        await clock.run(kernel.start())
        for (const { step, ms } of steps) {
          if (step === 'enter') enter(true)
          else if (step === 'fail') enter(false)
          else if (step === 'lose') contexts.get('leader')!.crashed(new Error('lost'))
          else if (step === 'db' || step === 'job') contexts.get(step)?.crashed(new Error('broken'))
          else if (step === 'restart leader') void kernel.restart(leader).catch(() => {})
          else if (step === 'restart job') void kernel.restart(job).catch(() => {})
          else if (step === 'check') expect(kernel.probe().live).toBe(true)
          await clock.advance(ms)
        }
        await clock.advance(120_000)
        const [state, standby] = [kernel.inspect(leader).state, kernel.inspect(leader).standby]
        if (state === 'running') expect(kernel.inspect(job).state).toBe('running')
        else expect([state, standby, kernel.inspect(job).standby]).toEqual(['starting', 'another leads', 'leader stands by'])
        expect(kernel.probe()).toMatchObject({ status: 'ready', live: true, reasons: [] })
        enter(true)
        await clock.advance(120_000)
        expect([...up].sort()).toEqual(['db', 'job', 'leader'])
        const report = await clock.run(kernel.shutdown())
        expect([report.ok, up.size, clock.pending, broken]).toEqual([true, 0, 0, []])
      },
    ),
    { numRuns: 300 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernel, resource } from '../index.js'
import { virtualClock } from '../testing.js'
import { backoff } from './backoff.js'

const policies = fc.record({
  delay: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e4, noNaN: true })),
  factor: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 1e3, noNaN: true })),
  maxDelay: fc.double({ min: 1e4, max: 1e9, noNaN: true }),
  jitter: fc.constantFrom(0, 0.1, 0.5, 1),
})

test('R1 property: a pause is the smaller of the formula and the longest, less a part of it, however many came before', () => {
  fc.assert(
    fc.property(policies, fc.nat(5_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (policy, before, chance) => {
      const { delay, factor, maxDelay, jitter } = policy
      const full = delay === 0 ? 0 : Math.min(maxDelay, delay * factor ** before)
      const ms = backoff(policy, before, () => chance)
      expect(ms).toBeCloseTo(full * (1 - jitter * chance), 6)
      expect(ms).toBeLessThanOrEqual(full)
      expect(ms).toBeGreaterThanOrEqual(full * (1 - jitter))
      // It never shrinks from one pause to the next, but for jitter.
      expect(backoff({ ...policy, jitter: 0 }, before + 1, () => 0)).toBeGreaterThanOrEqual(full)
    }),
  )
})

test('R1 property: what is left out of a policy has the default, and no other value changes with it', async () => {
  const parts = fc.record(
    {
      attempts: fc.constantFrom(1, 3, Infinity),
      delay: fc.nat(2_000),
      factor: fc.constantFrom(1, 3),
      maxDelay: fc.constantFrom(2_000, 60_000),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(parts, fc.boolean(), async (given, waitedFor) => {
      const retry = { ...given, jitter: 0 }
      const { attempts = Infinity, delay = 500, factor = 2, maxDelay = 10_000 } = given
      const clock = virtualClock()
      const at: number[] = []
      const db = resource('db', {
        retry,
        impact: waitedFor ? 'unready' : 'degraded',
        timeouts: { start: Infinity },
        start: () => {
          at.push(clock.now())
          if (at.length < 7) throw new Error('refused')
        },
      })
      const app = createKernel([db], { clock })
      await clock.run(app.start()).catch(() => {})
      await clock.advance(1_000_000)
      const expected = Array.from({ length: Math.min(7, attempts) - 1 }, (_, i) => Math.min(maxDelay, delay * factor ** i))
      const pauses = at.slice(1).map((time, i) => time - at[i]!)
      expect(pauses).toHaveLength(expected.length)
      for (const [i, pause] of pauses.entries()) expect(pause).toBeCloseTo(expected[i]!, 6)
      await clock.run(app.shutdown()).catch(() => {})
    }),
    { numRuns: 150 },
  )
})

test('R1 a tenth of each pause is left to chance by default', async () => {
  const clock = virtualClock({ random: () => 0.5 })
  let tries = 0
  const db = resource('db', {
    retry: true,
    start: () => {
      if (++tries < 3) throw new Error('refused')
    },
  })
  const app = createKernel([db], { clock })
  const told: number[] = []
  app.on('start:retry', ({ delayMs }) => told.push(delayMs))
  await clock.run(app.start())
  expect(told).toEqual([475, 950])
  await clock.run(app.shutdown())
})

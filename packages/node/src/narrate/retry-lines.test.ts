import { createKernel, ref, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, it } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { Narration } from './narrate.js'
import { startSummary } from './start-summary.js'
import { waitingText, waitsOf } from './waits.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const refused = () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' })

/** A kernel whose db fails its first starts. */
function told(times: number, impact: 'unready' | 'degraded', attempts = Infinity) {
  const clock = virtualClock()
  let starts = 0
  const db = resource('db', {
    impact,
    retry: { attempts, delay: 500, jitter: 0 },
    start: () => {
      if (++starts <= times) throw refused()
      return 'db'
    },
  })
  const kernel = createKernel([resource('api', { dependsOn: { db: ref(db) }, start: () => 1 })], { name: 'shop', clock })
  const { say, lines, entries } = keepEntries()
  const narration = new Narration(kernel, say)
  narration.begin()
  const end = async () => {
    await clock.run(kernel.shutdown().catch(() => {}))
    narration.end()
  }
  return { clock, kernel, lines, entries, narration, end }
}

it('R1 each try that fails is one line: which, why, and when again', async () => {
  const { clock, kernel, lines, entries, end } = told(2, 'unready', 5)
  await clock.run(kernel.start())
  await turn()
  expect(lines).toEqual([
    'warn: db: try 1 of 5 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 500 ms',
    'warn: db: try 2 of 5 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 1 s',
  ])
  expect(entries[0]).toMatchObject({ fields: { event: 'start:retry', resource: 'db', try: 1, attempts: 5, delayMs: 500 } })
  await end()
})

it('R1 a slow start says which try it waits for, and its summary which one succeeded', async () => {
  const { clock, kernel, narration, end } = told(2, 'unready')
  const started = kernel.start()
  await clock.advance(600)
  expect(waitingText(waitsOf(kernel, narration.troubles))).toBe(
    'db: try 2 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 1 s',
  )
  await clock.run(started)
  const triesOf = (name: string) => narration.troubles.triesOf(name)
  const { lines } = startSummary(kernel, kernel.plan(), { urls: new Map(), probes: undefined }, triesOf)
  expect(lines!.find((line) => line.includes('db '))).toMatch(/at try 3$/)
  await end()
})

it('R2 the summary says what is tried on in the background, and one line that it is there', async () => {
  const { clock, kernel, lines, narration, end } = told(2, 'degraded')
  await clock.run(kernel.start())
  const triesOf = (name: string) => narration.troubles.triesOf(name)
  const summary = startSummary(kernel, kernel.plan(), { urls: new Map(), probes: undefined }, triesOf)
  expect(summary.message).toContain('degraded: db')
  expect(summary.lines!.at(-1)).toBe('   db: try 1 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 0.5 s')
  await clock.advance(1_500)
  await turn()
  expect(lines).toEqual([
    'warn: db: try 1 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 500 ms',
    'warn: db: try 2 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 1 s',
    'info: db is there at try 3',
  ])
  await end()
})

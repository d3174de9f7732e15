import { createKernel, resource, type StartContext } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, it } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { Narration } from './narrate.js'
import { startSummary } from './start-summary.js'
import { waitsOf } from './waits.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('S11 what stands by is told in one line without alarm, and again when it runs; nothing waits for it', async () => {
  const clock = virtualClock()
  let enter!: () => void
  let ctx!: StartContext
  const leader = resource('leader', {
    impact: 'none',
    restart: { attempts: Infinity, within: 60_000, delay: 100, jitter: 0 },
    start: (_, given) => {
      ctx = given
      ctx.standBy('another process leads')
      return new Promise<void>((resolve) => {
        enter = resolve
      })
    },
  })
  const job = resource('job', { dependsOn: { leader }, start: () => 1 })
  const kernel = createKernel(
    [job, resource('api', { start: () => new Promise<void>((resolve) => clock.setTimeout(resolve, 50)) })],
    { name: 'shop', clock },
  )
  const { say, lines } = keepEntries()
  const narration = new Narration(kernel, say)
  narration.begin()
  const started = kernel.start()
  await turn()
  expect(waitsOf(kernel, narration.troubles).map(({ resource }) => resource)).toEqual(['api'])
  await clock.run(started)
  await turn()
  const summary = startSummary(kernel, kernel.plan(), { urls: new Map(), probes: undefined })
  expect(summary.level).toBe('info')
  expect(summary.message).toMatch(/^shop is ready in [^,]*$/)
  enter()
  await turn()
  ctx.crashed(new Error('its session ended'))
  await clock.advance(200)
  await turn()
  expect(lines).toEqual([
    'info: leader stands by: another process leads',
    'info: leader stands by no longer and runs; job starts with it',
    'warn: leader: restart 1 in 100 ms: crashed: its session ended; job restarts with it',
    'info: leader stands by: another process leads',
  ])
  enter()
  await turn()
  expect(lines.at(-1)).toBe('info: leader stands by no longer and runs; job starts with it')
  await clock.run(kernel.shutdown())
  await turn()
  expect(lines.filter((line) => /warn|error/.test(line))).toHaveLength(1)
  narration.end()
})

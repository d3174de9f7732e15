import { expect, test } from 'vitest'
import type { StartContext } from '../index.js'
import { startError } from '../test-support/rejection.js'
import { hang, type Scene, scene } from '../test-support/scene.js'

/** `worker` needs `db`, and says 10 ms into its start that it has crashed. */
function crashing({ traced, delay, log }: Scene, start: (ctx: StartContext) => unknown, stopMs = 20) {
  const db = traced('db')
  return traced('worker', {
    dependsOn: { db },
    start: (_, ctx) => {
      void delay(10).then(() => ctx.crashed(new Error('its socket closed')))
      ctx.signal.addEventListener('abort', () => log.push('told to end'))
      return start(ctx)
    },
    stopMs,
  })
}

test('H9 what crashes in its start is told to end, and released before what it depends on stops', async () => {
  const set = scene()
  const { clock, kernel, log, delay, elapsed } = set
  const app = kernel([crashing(set, () => delay(40).then(() => log.push('made worker')))])
  const { errors } = await clock.run(startError(app.start()))
  expect(errors.map(({ code }) => code)).toEqual(['CRASHED'])
  expect(log).toEqual(['start db', 'start worker', 'told to end', 'made worker', 'stop worker', 'stopped worker', 'stop db'])
  expect(elapsed()).toBe(60)
})

test('H9 one that fails otherwise after that is told as late, and its crash decides', async () => {
  const set = scene()
  const { clock, kernel, log, delay } = set
  const app = kernel([crashing(set, () => delay(40).then(() => Promise.reject(new Error('and more'))))])
  const told: string[] = []
  app.on('resource:error', ({ error }) => told.push(error.message))
  const { errors } = await clock.run(startError(app.start()))
  expect(errors[0]!.code).toBe('CRASHED')
  expect(told.filter((message) => message.includes('and more'))).toHaveLength(1)
  expect(log.at(-1)).toBe('stop db')
})

test('H9 a start hook that does not end after its crash is waited for at most a second', async () => {
  const set = scene()
  const { clock, kernel, log, elapsed } = set
  const app = kernel([crashing(set, hang)])
  await clock.run(startError(app.start()))
  expect(log).toEqual(['start db', 'start worker', 'told to end', 'stop db'])
  expect(elapsed()).toBe(1_010)
})

test('S5 a value that came too late is released before what it depends on stops, as long as the budget lasts', async () => {
  const { clock, kernel, traced, delay, log } = scene()
  const db = traced('db')
  const late = traced('late', {
    dependsOn: { db },
    impact: 'degraded',
    timeouts: { start: 10 },
    start: () => delay(50),
    stopMs: 30,
  })
  const app = await clock.run(kernel([late, traced('slow', { dependsOn: { db }, startMs: 55 })]).start())
  await clock.run(app.shutdown())
  expect(log.slice(-5)).toEqual(['stop late', 'up slow', 'stop slow', 'stopped late', 'stop db'])
})

test('S5 one whose release hangs keeps what it depends on until its own stop has timed out, or the budget is spent', async () => {
  const { clock, kernel, traced, delay, log, elapsed } = scene()
  const db = traced('db')
  const late = traced('late', {
    dependsOn: { db },
    impact: 'degraded',
    timeouts: { start: 10 },
    start: () => delay(50),
    stop: hang,
  })
  const slow = traced('slow', { dependsOn: { db }, startMs: 55 })
  const app = await clock.run(kernel([late, slow], { shutdown: { timeout: 2_000 } }).start())
  const report = await clock.run(app.shutdown().catch(({ report }) => report))
  expect(report.outcomes.find(({ resource }: { resource: string }) => resource === 'db').outcome).toBe('stopped')
  expect(log.at(-1)).toBe('stop db')
  expect(elapsed()).toBeLessThanOrEqual(2_060)
})

test('S5 one that comes while what it depends on is drained is released before that stops', async () => {
  const { clock, kernel, traced, delay, log } = scene()
  const db = traced('db', { drainMs: 20 })
  const late = traced('late', {
    dependsOn: { db },
    impact: 'degraded',
    timeouts: { start: 10 },
    start: () => delay(50),
    stopMs: 30,
  })
  const app = await clock.run(kernel([late]).start())
  await clock.advance(35)
  await clock.run(app.shutdown())
  expect(log.slice(-5)).toEqual(['drain db', 'stop late', 'drained db', 'stopped late', 'stop db'])
})

test('S5 one that comes while its dependency finishes a quiesce is released before the drain of that', async () => {
  const { clock, kernel, traced, delay, log } = scene()
  const db = traced('db', { quiesce: () => delay(10), drainMs: 5 })
  const late = traced('late', {
    dependsOn: { db },
    impact: 'degraded',
    timeouts: { start: 10 },
    start: () => delay(50),
    stopMs: 30,
  })
  const app = await clock.run(kernel([late]).start())
  await clock.advance(35)
  await clock.run(app.shutdown())
  expect(log.slice(-5)).toEqual(['stop late', 'stopped late', 'drain db', 'drained db', 'stop db'])
})

test.each([0, 9])(
  'S5 one whose resource has been removed meanwhile, and %i more, holds up what it works with all the same',
  async (more) => {
    const { clock, kernel, traced, delay, log } = scene()
    const db = traced('db')
    const late = traced('late', {
      dependsOn: { db },
      impact: 'degraded',
      timeouts: { start: 10 },
      start: () => delay(50),
      stopMs: 30,
    })
    const app = await clock.run(kernel([late, traced('a'), traced('b')]).start())
    const others = Array.from({ length: more }, (_, i) => traced(`other${i}`))
    await clock.run(app.add(...others))
    for (const other of [...others, late]) await clock.run(app.remove(other))
    await clock.advance(45)
    await clock.run(app.shutdown())
    expect(log.slice(-5)).toEqual(['stop late', 'stop b', 'stop a', 'stopped late', 'stop db'])
  },
)

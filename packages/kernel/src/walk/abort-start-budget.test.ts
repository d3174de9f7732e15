import { expect, test } from 'vitest'
import { startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

test('S7 D3 a start that ignores the abort leaves time for those that are not below it, too', async () => {
  const { clock, kernel, log, traced, elapsed } = scene()
  const db = traced('db', { stopMs: 10 })
  const deaf = traced('deaf', { start: hang, timeouts: { start: Infinity } })
  const app = kernel([db, deaf], { shutdown: { timeout: 1_000 } })
  const failed = startError(app.start())
  await clock.advance(100)
  const report = await clock.run(app.shutdown().catch((error) => error.report))
  await failed
  expect(elapsed()).toBeLessThanOrEqual(1_100)
  expect(report.outcomes).toMatchObject([
    { resource: 'db', outcome: 'stopped' },
    { resource: 'deaf', outcome: 'never-started' },
  ])
  expect(log).toEqual(['start db', 'start deaf', 'stop db', 'stopped db'])
})

test('S7 D3 cleanups of a start that was aborted leave time for the others', async () => {
  const { clock, kernel, log, traced, elapsed } = scene()
  const db = traced('db', { stopMs: 10 })
  const half = traced('half', {
    start: (_, { signal, defer }) => {
      defer(hang)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const app = kernel([db, half], { shutdown: { timeout: 1_000 } })
  const failed = startError(app.start())
  await clock.advance(100)
  const report = await clock.run(app.shutdown().catch((error) => error.report))
  await failed
  expect(elapsed()).toBeLessThanOrEqual(1_100)
  expect(report.outcomes[0]).toMatchObject({ resource: 'db', outcome: 'stopped' })
  expect(log.at(-1)).toBe('stopped db')
})

test('S7 D3 a value whose first check was still awaited leaves time for those below, its kill included', async () => {
  const { clock, kernel, log, traced, delay } = scene()
  const db = traced('db')
  const api = traced('api', {
    dependsOn: { db },
    check: () => false,
    stop: hang,
    kill: () => delay(20),
    timeouts: { stop: 40 },
  })
  const app = kernel([api], { shutdown: { timeout: 40 } })
  const failed = startError(app.start())
  await clock.advance(100)
  const report = await clock.run(app.shutdown().catch((error) => error.report))
  await failed
  expect(report.outcomes.at(-1)).toMatchObject({ resource: 'db', outcome: 'stopped' })
  expect(report.durationMs).toBeLessThanOrEqual(40)
  expect(log.at(-1)).toBe('stop db')
  await clock.advance(100)
})

test('S7 D3 a value whose first check was still awaited leaves time for those below, its cleanups included', async () => {
  const { clock, kernel, log, traced, delay } = scene()
  const db = traced('db', { timeouts: { stop: 5 } })
  const api = traced('api', {
    dependsOn: { db },
    start: (_, { defer }) => {
      defer(() => delay(5))
      defer(() => delay(17))
    },
    check: () => false,
    stop: () => delay(19),
    timeouts: { stop: 40 },
  })
  const app = kernel([api], { shutdown: { timeout: 40 } })
  const failed = startError(app.start())
  await clock.advance(100)
  const report = await clock.run(app.shutdown().catch((error) => error.report))
  await failed
  expect(report.outcomes.at(-1)).toMatchObject({ resource: 'db', outcome: 'stopped' })
  expect(report.durationMs).toBeLessThanOrEqual(40)
  expect(log.at(-1)).toBe('stop db')
  await clock.advance(100)
})

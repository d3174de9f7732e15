import { expect, test } from 'vitest'
import { resource, type StartContext } from '../index.js'
import { scene } from '../test-support/scene.js'

test('H6 a new reason is shown, though the health stays the same', async () => {
  const { kernel } = scene()
  let ctx: StartContext | undefined
  const a = resource('a', {
    start: (_, given) => {
      ctx = given
    },
  })
  const app = await kernel([a]).start()
  ctx!.unhealthy(new Error('first'))
  expect(app.probe().reasons[0]!.message).toContain('first')
  ctx!.unhealthy(new Error('second'))
  expect(app.probe().reasons[0]!.message).toContain('second')
  expect(app.inspect().resources[0]!.error).toContain('second')
  await app.shutdown()
})

test('H7 what crashed and is being brought back says why', async () => {
  const { clock, kernel } = scene()
  let ctx: StartContext | undefined
  const db = resource('db', {
    start: (_, given) => {
      ctx = given
    },
    restart: { attempts: 1, within: 1_000, delay: 100, jitter: 0 },
    impact: 'degraded',
  })
  let mayStop = () => {}
  const gate = new Promise<void>((resolve) => {
    mayStop = resolve
  })
  const api = resource('api', {
    dependsOn: { db },
    start: () => 1,
    stop: () => gate,
  })
  const app = await kernel([api]).start()
  ctx!.crashed(new Error('connection reset'))
  const said = () => app.probe().reasons.find(({ resource }) => resource === 'db')
  const snapshot = () => app.inspect().resources.find(({ name }) => name === 'db')
  await clock.advance(0)
  expect(said()).toMatchObject({ state: 'running', message: 'resource "db" crashed: connection reset' }) // api still stops
  mayStop()
  await clock.advance(10)
  expect(said()).toMatchObject({ state: 'restarting', message: 'resource "db" crashed: connection reset' })
  expect(snapshot()?.error).toBe('resource "db" crashed: connection reset')
  await clock.advance(100)
  expect(said()).toBeUndefined()
  expect(snapshot()?.error).toBeUndefined()
  await app.shutdown()
})

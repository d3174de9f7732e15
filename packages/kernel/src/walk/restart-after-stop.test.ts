import { expect, test } from 'vitest'
import { ref, resource } from '../index.js'
import { startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

test('D7 a stopped kernel starts again with new values', async () => {
  const { kernel } = scene()
  let generation = 0
  const counter = resource('counter', { start: () => ++generation })
  const app = kernel([counter])
  for (const expected of [1, 2, 3]) {
    await app.start()
    expect(app.get(counter)).toBe(expected)
    expect(app.probe()).toEqual({ status: 'ready', started: true, ready: true, live: true, reasons: [] })
    expect((await app.shutdown()).ok).toBe(true)
    expect(app.state).toBe('stopped')
  }
})

test('D7 a kernel that failed to start starts again, with nothing left of the failure', async () => {
  const { clock, kernel, log, traced } = scene()
  let broken = true
  const db = traced('db')
  const api = traced('api', {
    dependsOn: { db },
    start: () => {
      if (broken) throw new Error('port taken')
    },
  })
  const app = kernel([api])
  const first = app.start()
  await startError(first)
  expect(app.state).toBe('failed')
  expect(app.probe()).toMatchObject({ status: 'failed', live: false })
  broken = false
  const second = app.start()
  expect(second).not.toBe(first)
  await clock.run(second)
  expect(app.probe()).toEqual({ status: 'ready', started: true, ready: true, live: true, reasons: [] })
  expect(app.inspect().resources.every((resource) => resource.error === undefined)).toBe(true)
  const report = await app.shutdown()
  expect(report).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped' }, { outcome: 'stopped' }] })
  expect(log).toEqual(['start db', 'start api', 'stop db', 'start db', 'start api', 'stop api', 'stop db'])
})

test('D7 a shutdown promise belongs to one run', async () => {
  const { kernel, traced } = scene()
  const app = kernel([traced('a')])
  const idle = app.shutdown('early')
  expect(await idle).toMatchObject({ reason: 'early', ok: true, outcomes: [{ outcome: 'never-started' }] })
  await app.start()
  const first = app.shutdown('one')
  expect(first).not.toBe(idle)
  expect(await first).toMatchObject({ reason: 'one', outcomes: [{ outcome: 'stopped' }] })
  await app.start()
  const second = app.shutdown('two')
  expect(second).not.toBe(first)
  expect(await second).toMatchObject({ reason: 'two', outcomes: [{ outcome: 'stopped' }] })
})

test('D7 a value of an earlier run that arrives late is released, and never becomes the value of this one', async () => {
  const { clock, kernel, log, delay } = scene()
  let run = 0
  const slow = resource('slow', {
    timeouts: { start: 10 },
    start: () => (++run === 1 ? delay(100, 'late') : 'fresh'),
    stop: (value) => log.push(`stop ${value}`),
  })
  const app = kernel([slow])
  const failed = startError(app.start())
  await clock.run(failed)
  await clock.run(app.start())
  const events = recordEvents(app)
  await clock.advance(100)
  expect(app.get(slow)).toBe('fresh')
  expect(log).toEqual(['stop late'])
  expect(events.events).toMatchObject([{ type: 'resource:orphan', resource: 'slow' }])
  expect(app.probe().status).toBe('ready')
  expect((await app.shutdown()).ok).toBe(true)
  expect(log).toEqual(['stop late', 'stop fresh'])
})

test('D7 what an earlier run still says through its context is dropped', async () => {
  const { kernel } = scene()
  const contexts: {
    unhealthy(error: unknown): void
    crashed(error: unknown): void
    healthy(): void
    extend(ms: number): void
  }[] = []
  const app = kernel([resource('a', { start: (_, ctx) => contexts.push(ctx) })])
  await app.start()
  await app.shutdown()
  await app.start()
  const log = recordEvents(app)
  const [old] = contexts
  old!.unhealthy(new Error('old'))
  old!.healthy()
  old!.crashed(new Error('old'))
  old!.extend(5)
  expect(log.events).toEqual([])
  expect(app.probe().status).toBe('ready')
  await app.shutdown()
})

test('D7 the health of an earlier run is forgotten', async () => {
  const { kernel } = scene()
  const unhealthy: ((error: unknown) => void)[] = []
  const app = kernel([
    resource('a', {
      start: (_, ctx) => {
        unhealthy.push(ctx.unhealthy)
      },
    }),
  ])
  await app.start()
  unhealthy[0]!(new Error('sick'))
  await app.shutdown()
  await app.start()
  expect(app.inspect().resources).toMatchObject([{ health: 'unknown', consecutiveFailures: 0 }])
  expect(app.inspect().resources[0]).not.toHaveProperty('error')
  expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
  await app.shutdown()
})

test('D7 a ref that outlives its run reads the value of the next run, and nothing in between', async () => {
  const { kernel } = scene()
  let generation = 0
  const counter = resource('counter', { start: () => ++generation })
  let held: { current: number | undefined } | undefined
  const holder = resource('holder', {
    dependsOn: { counter: ref(counter) },
    start: ({ counter }) => {
      held ??= counter
    },
  })
  const app = kernel([holder])
  await app.start()
  expect(held!.current).toBe(1)
  await app.shutdown()
  expect(held!.current).toBeUndefined()
  await app.start()
  expect(held!.current).toBe(2)
  await app.shutdown()
})

test('D7 start() from inside the listener that hears of the stop works', async () => {
  const { kernel, log, traced } = scene()
  const app = kernel([traced('a')])
  await app.start()
  let again: Promise<unknown> | undefined
  app.on('kernel:state', ({ to }) => {
    if (to === 'stopped' && again === undefined) again = app.start()
  })
  const report = await app.shutdown()
  expect(report).toMatchObject({ ok: true, outcomes: [{ resource: 'a', outcome: 'stopped' }] })
  await again
  expect(app.state).toBe('running')
  expect(log).toEqual(['start a', 'stop a', 'start a'])
  await app.shutdown()
})

import { expect, test } from 'vitest'
import { resource, type StartContext } from '../index.js'
import { keelsonError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

test('a step gives back what its work does, and is in the timeline', async () => {
  const { clock, kernel, delay, elapsed } = scene()
  const from = clock.now()
  const db = resource('db', {
    start: async (_, ctx) => {
      const url = ctx.step('configure', () => 'localhost')
      const pool = await ctx.step('connect', () => delay(200, `pool of ${url}`))
      await ctx.step('migrate', async () => {
        await ctx.step('lock', () => delay(50))
        await ctx.step('tables', () => delay(100))
      })
      return pool
    },
  })
  const app = await clock.run(kernel([db]).start())
  expect(app.get(db)).toBe('pool of localhost')
  expect(elapsed()).toBe(350)
  const spans = app.timeline().map(({ phase, step, start, end, ok }) => [step ?? phase, start - from, end! - from, ok])
  expect(spans).toEqual([
    ['start', 0, 350, true],
    ['configure', 0, 0, true],
    ['connect', 0, 200, true],
    ['migrate', 200, 350, true],
    ['lock', 200, 250, true],
    ['tables', 250, 350, true],
  ])
  expect(app.timeline().filter(({ phase }) => phase === 'step')).toHaveLength(5)
  await app.shutdown()
})

test('inspect() tells the step that goes on, and for how long', async () => {
  const { clock, kernel, delay } = scene()
  const start = (_: unknown, ctx: StartContext) =>
    ctx.step('outer', () => delay(10).then(() => ctx.step('inner', () => delay(100))))
  const app = kernel([resource('db', { start })])
  const started = app.start()
  await clock.advance(50)
  expect(app.inspect().resources[0]?.step).toEqual({ name: 'inner', sinceMs: 40 })
  expect(app.timeline().at(-1)).not.toHaveProperty('end')
  await clock.run(started)
  expect(app.inspect().resources[0]).not.toHaveProperty('step')
  await app.shutdown()
})

test('a step that fails names itself and those around it in the error of the start, and leaves what was thrown alone', async () => {
  const thrown = Object.freeze(new Error('no such table'))
  const fails = (asynchronous: boolean) => (_: unknown, ctx: StartContext) =>
    ctx.step('migrate', () =>
      ctx.step('tables', () => {
        if (asynchronous) return Promise.reject(thrown)
        throw thrown
      }),
    )
  for (const asynchronous of [true, false]) {
    const { clock, kernel } = scene()
    const app = kernel([resource('db', { start: fails(asynchronous) })])
    const { errors } = await startError(clock.run(app.start()))
    expect(errors[0]).toMatchObject({
      code: 'START_FAILED',
      message: 'resource "db" failed to start in its step migrate › tables: no such table',
      details: { step: 'tables', path: ['migrate', 'tables'] },
    })
    expect(errors[0]?.cause).toBe(thrown)
    expect(app.timeline().map(({ phase, step, ok }) => [step ?? phase, ok])).toEqual([
      ['start', false],
      ['migrate', false],
      ['tables', false],
    ])
  }
})

test('a step whose failure was caught is not blamed for another', async () => {
  const { clock, kernel } = scene()
  const start = async (_: unknown, ctx: StartContext) => {
    await ctx.step('cache', () => Promise.reject(new Error('away'))).catch(() => {})
    throw new Error('no')
  }
  const { errors } = await startError(clock.run(kernel([resource('db', { start })]).start()))
  expect(errors[0]).toMatchObject({ message: 'resource "db" failed to start: no', details: {} })
})

test('a start that runs out of time names the steps that it was in', async () => {
  const { clock, kernel } = scene()
  const start = (_: unknown, ctx: StartContext) => ctx.step('migrate', () => ctx.step('lock', hang))
  const app = kernel([resource('db', { start, timeouts: { start: 1_000 } })])
  const { errors } = await startError(clock.run(app.start()))
  expect(errors[0]).toMatchObject({ code: 'TIMEOUT', details: { limit: 1_000, step: 'lock', path: ['migrate', 'lock'] } })
  expect(errors[0]?.message).toMatch(/^resource "db" did not finish its start within 1000 ms, in its steps migrate, lock; /)
  expect(app.inspect().resources[0]).not.toHaveProperty('step')
})

test('a step that is not awaited loses no failure, and only promises are waited for', async () => {
  const { clock, kernel } = scene()
  let called = 0
  const query = {
    then() {
      called++
    },
  }
  const thrown = new Error('nobody waits')
  let failure: Promise<void> | undefined
  const start = (_: unknown, ctx: StartContext) => {
    expect(ctx.step('query', () => query)).toBe(query)
    failure = ctx.step('later', () => Promise.reject(thrown))
    return failure.catch(() => {})
  }
  const app = await clock.run(kernel([resource('db', { start })]).start())
  expect(called).toBe(0)
  await expect(failure).rejects.toBe(thrown)
  await app.shutdown()
})

test('once the start is over work is only called, and a new start has steps of its own', async () => {
  const { clock, kernel } = scene()
  let ctx!: StartContext
  const db = resource('db', {
    start: (_, given) => {
      ctx = given
      ctx.step('connect', () => 1)
    },
  })
  const app = await clock.run(kernel([db]).start())
  expect(ctx.step('late', () => 5)).toBe(5)
  await clock.run(app.restart(db))
  expect(app.timeline().flatMap(({ step = [] }) => step)).toEqual(['connect'])
  await app.shutdown()
})

test('of very many steps the first 1,000 are kept', async () => {
  const { clock, kernel } = scene()
  const start = (_: unknown, ctx: StartContext) => {
    for (let i = 0; i < 2_000; i++) ctx.step(`row ${i}`, () => i)
  }
  const app = await clock.run(kernel([resource('db', { start })]).start())
  expect(app.timeline()).toHaveLength(1 + 1_000)
  await app.shutdown()
})

test('bad input is refused with one clear error', async () => {
  const { clock, kernel } = scene()
  let ctx!: StartContext
  const start = (_: unknown, given: StartContext) => {
    ctx = given
  }
  const app = await clock.run(kernel([resource('db', { start })]).start())
  expect(keelsonError(() => ctx.step('', () => 1))).toMatchObject({
    code: 'INVALID_OPTION',
    message: 'resource "db": the name of ctx.step(name, work) is empty; it must be a string that is not empty',
  })
  expect(keelsonError(() => ctx.step('connect', Promise.resolve() as never)).message).toBe(
    'resource "db": the work of ctx.step(name, work) is of type object; it must be a function',
  )
  await app.shutdown()
})

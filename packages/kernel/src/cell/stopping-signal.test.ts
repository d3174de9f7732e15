import { describe, expect, test } from 'vitest'
import { handled, ONCE } from '../test-support/handled.js'
import { rejection, startError } from '../test-support/rejection.js'
import { hang, scene, type TracedOptions } from '../test-support/scene.js'

/** A running resource, and when its `ctx.stopping` aborted. */
async function watched(options: TracedOptions = {}) {
  const world = scene()
  const worker = handled(world, 'worker', options)
  const app = await world.clock.run(world.kernel([worker.resource], { shutdown: { delay: 100 } }).start())
  const { stopping } = worker.ctx
  world.log.length = 0
  stopping.addEventListener('abort', () => world.log.push('stopping'))
  return { ...world, worker, app, stopping }
}

describe('ctx.stopping is the life of an instance', () => {
  test('it aborts when its drain begins, not in the lame duck, with the reason', async () => {
    const { app, clock, log, stopping } = await watched({ drain: () => {} })
    const stopped = app.shutdown('SIGTERM')
    await clock.advance(99)
    expect(stopping.aborted).toBe(false)
    await clock.run(stopped)
    expect(log).toEqual(['stopping', 'drain worker', 'stop worker'])
    expect(stopping.reason).toMatchObject({ message: 'SIGTERM' })
  })

  test('without a drain, when its stop begins; a signal that is asked for later has aborted, too', async () => {
    const { app, clock, log, worker } = await watched()
    const [{ ctx }] = [worker]
    await clock.run(app.shutdown())
    expect(log).toEqual(['stopping', 'stop worker'])
    expect(ctx.stopping.aborted).toBe(true)
    expect(ctx.signal.aborted).toBe(false)
  })

  test('asked for for the first time after the end it has aborted, with the reason', async () => {
    const world = scene()
    const worker = handled(world, 'worker')
    const app = await world.clock.run(world.kernel([worker.resource]).start())
    await world.clock.run(app.shutdown('bye'))
    expect(worker.ctx.stopping).toMatchObject({ aborted: true, reason: { message: 'bye' } })
  })

  test('a restart and a crash end one instance, and not the next', async () => {
    const { app, clock, worker, stopping } = await watched({ restart: ONCE })
    worker.crash()
    await clock.settle()
    expect([stopping.aborted, worker.ctx.stopping.aborted]).toEqual([true, false])
    await clock.run(app.restart(worker.resource))
    expect(worker.contexts.map((ctx) => ctx.stopping.aborted)).toEqual([true, true, false])
    await clock.run(app.shutdown())
  })

  test('remove() ends it', async () => {
    const { app, clock, worker, stopping } = await watched()
    await clock.run(app.remove(worker.resource))
    expect(stopping.aborted).toBe(true)
    await clock.run(app.shutdown())
  })

  test('a start of another that runs out of time leaves it alone', async () => {
    const { app, clock, stopping, traced } = await watched()
    const slow = traced('slow', { start: hang, timeouts: { start: 50 } })
    await clock.run(rejection(app.add(slow)))
    expect(stopping.aborted).toBe(false)
    await clock.run(app.shutdown())
  })

  test('unhealthy() and failing checks leave it alone', async () => {
    const { app, clock, stopping, worker } = await watched({
      check: () => worker.contexts.length > 1,
      monitor: { gate: false, interval: 10 },
    })
    worker.ctx.unhealthy(new Error('reconnecting'))
    await clock.advance(10_000)
    expect(stopping.aborted).toBe(false)
    await clock.run(app.shutdown())
  })

  test.each([
    ['throws', () => { throw new Error('no') }], // biome-ignore format: a table
    ['rejects', () => Promise.reject(new Error('no'))],
    ['runs out of time', hang],
  ])('a start that %s ends it: what it has begun sees that', async (_, start) => {
    const world = scene()
    const worker = handled(world, 'worker', { start, timeouts: { start: 50 } })
    await world.clock.run(startError(world.kernel([worker.resource]).start()))
    expect(worker.ctx.stopping.aborted).toBe(true)
  })

  test('a start in flight that is told to end by a shutdown sees it at once', async () => {
    const world = scene()
    const worker = handled(world, 'worker', { start: hang })
    const app = world.kernel([worker.resource])
    const failed = startError(app.start())
    await world.clock.advance(10)
    expect(worker.ctx.stopping.aborted).toBe(false)
    const stopped = app.shutdown('SIGINT')
    expect(worker.ctx.stopping).toMatchObject({ aborted: true, reason: { message: expect.stringContaining('SIGINT') as string } })
    await world.clock.run(stopped)
    await failed
  })
})

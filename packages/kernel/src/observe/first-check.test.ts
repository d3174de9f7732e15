import { describe, expect, test } from 'vitest'
import { type KernelEventOf, resource } from '../index.js'
import { handled, ONCE } from '../test-support/handled.js'
import { startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

/** A kernel that starts, and in it a database whose check says what it is told. */
function waiting() {
  const world = scene()
  const answer: { now: () => unknown } = { now: () => Promise.reject(new Error('no route to db:5432')) }
  const db = resource('db', { start: () => 'db', check: () => answer.now(), timeouts: { check: 500 } })
  const app = world.kernel([db])
  const log = recordEvents(app)
  const results = () => log.events.filter((event): event is KernelEventOf<'check:result'> => event.type === 'check:result')
  return { ...world, answer, app, results, log }
}

describe('S2 a first check that does not pass', () => {
  test('S2 each of them is told, with how long it took and why', async () => {
    const { clock, app, results, answer, delay } = waiting()
    const started = app.start()
    await clock.advance(25)
    expect(results().map(({ resource: name, ok, durationMs, error }) => [name, ok, durationMs, error?.code])).toEqual([
      ['db', false, 0, 'CHECK_FAILED'],
      ['db', false, 0, 'CHECK_FAILED'],
    ])
    answer.now = () => delay(7)
    await clock.run(started)
    expect(results().at(-1)).toMatchObject({ ok: true, durationMs: 7 })
    expect(results().at(-1)).not.toHaveProperty('error')
    await clock.run(app.shutdown())
  })

  test('S2 H7 the probe says what the start waits for, told once for each reason, and forgets it when it passes', async () => {
    const { clock, app, answer, log } = waiting()
    const started = app.start()
    await clock.advance(100)
    expect(app.probe()).toMatchObject({
      status: 'starting',
      ready: false,
      live: true,
      reasons: [{ resource: 'db', state: 'starting', message: expect.stringContaining('no route to db:5432') as string }],
    })
    expect(app.inspect().resources[0]!.error).toContain('no route to db:5432')
    const changes = () => log.events.filter(({ type }) => type === 'probe:change').length
    const before = changes()
    await clock.advance(2_000)
    expect(changes()).toBe(before)
    answer.now = hang
    await clock.advance(2_000)
    expect(app.probe().reasons).toMatchObject([{ message: expect.stringContaining('its check within 500 ms') as string }])
    expect(changes()).toBe(before + 1)
    answer.now = () => true
    await clock.run(started)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(app.inspect().resources[0]).not.toHaveProperty('error')
    await clock.run(app.shutdown())
  })

  test('S2 when its time is up, the reason is that of the failed start', async () => {
    const { clock, app } = waiting()
    await clock.run(startError(app.start()))
    expect(app.probe().status).toBe('failed')
    expect(app.probe().reasons.map(({ resource: name, state }) => [name, state])).toEqual([['db', 'failed']])
  })

  test('S2 a shutdown that comes first leaves no reason behind', async () => {
    const { clock, app } = waiting()
    const failed = startError(app.start())
    await clock.advance(100)
    await clock.run(app.shutdown())
    await failed
    expect(app.probe()).toMatchObject({ status: 'stopped', live: true })
  })

  test('H4 a resource that comes back after a crash says so, too', async () => {
    const world = scene()
    let well = true
    const db = handled(world, 'db', { restart: ONCE, check: () => well })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    well = false
    db.crash()
    await world.clock.advance(100)
    expect(app.probe()).toMatchObject({ status: 'unready', live: true })
    expect(app.probe().reasons[0]!.message).toContain('returned false')
    well = true
    await world.clock.advance(1_000)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await world.clock.run(app.shutdown())
  })

  test('S2 in add() it degrades nothing: what has not started is not missed', async () => {
    const { clock, kernel } = scene()
    const app = await clock.run(kernel([]).start())
    let well = false
    const added = app.add(resource('late', { start: () => 1, check: () => well }))
    await clock.advance(100)
    expect(app.probe().reasons).toMatchObject([{ resource: 'late', state: 'starting' }])
    well = true
    await clock.run(added)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await clock.run(app.shutdown())
  })
})

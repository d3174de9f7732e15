import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { handled, ONCE, plain } from '../test-support/handled.js'
import { startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('H9 what fails while the kernel starts', () => {
  test.each(['unready', 'degraded'] as const)(
    'H9 a crash follows the policy, impact %s: the start goes on and waits for it',
    async (impact) => {
      const world = scene()
      const { clock, kernel, traced, log, elapsed } = world
      const child = handled(world, 'child', { impact, restart: { ...ONCE, delay: 1_000 } })
      const user = traced('user', { dependsOn: { child: child.resource } })
      const slow = traced('slow', { startMs: 500 })
      const app = kernel([user, slow])
      const events = recordEvents(app)
      const started = app.start()
      await clock.advance(100)
      child.crash()
      await clock.run(started)
      expect(elapsed()).toBe(1_100)
      expect(plain(log)).toEqual([
        'start child',
        'start slow',
        'start user',
        'stop user',
        'stop child',
        'up slow',
        'start child',
        'start user',
      ])
      expect([app.get(child.resource), app.probe().status]).toEqual(['child#2', 'ready'])
      expect(events.lines()).toContain('child: restart 1 done')
      await clock.run(app.shutdown())
    },
  )

  test('H9 checks that fail past the threshold follow it, too', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    let well = true
    const child = handled(world, 'child', { restart: ONCE, check: () => well, monitor: { interval: 100, failureThreshold: 2 } })
    const slow = traced('slow', { startMs: 60_000, timeouts: { start: Infinity } })
    const app = kernel([child.resource, slow])
    const started = app.start()
    await clock.advance(50)
    well = false
    clock.setTimeout(() => { well = true }, 1_200) // biome-ignore format: one line
    await clock.run(started)
    expect([child.contexts.length, app.probe().status]).toEqual([2, 'ready'])
    await clock.run(app.shutdown())
  })

  test('H9 more crashes than the policy allows fail the start, which is rolled back', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const child = handled(world, 'child', { restart: { ...ONCE, attempts: 1 } })
    const app = kernel([child.resource, traced('slow', { startMs: 5_000 })])
    const failed = startError(app.start())
    await clock.advance(10)
    child.crash('first')
    await clock.settle()
    child.crash('second')
    const error = await clock.run(failed)
    expect(error.errors[0]).toMatchObject({ code: 'RESTART_LIMIT', resource: 'child' })
    expect(app.state).toBe('failed')
    expect(plain(log).filter((line) => line === 'stop child')).toHaveLength(2)
  })

  test('H9 S7 a shutdown while one is on its way back ends that', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const child = handled(world, 'child', { restart: { ...ONCE, delay: 10_000 } })
    const app = kernel([child.resource, traced('slow', { startMs: 500 })])
    const failed = startError(app.start())
    await clock.advance(100)
    child.crash()
    await clock.advance(1_000)
    expect(app.state).toBe('starting')
    const report = await clock.run(app.shutdown())
    expect((await failed).errors[0]).toMatchObject({ code: 'ABORTED' })
    expect(report.outcomes.map(({ resource: name, outcome }) => `${name} ${outcome}`).sort()).toEqual([
      'child stopped',
      'slow stopped',
    ])
    await clock.advance(60_000)
    expect(plain(log).filter((line) => line === 'start child')).toHaveLength(1)
  })

  test('H9 what waits for one that crashes meanwhile starts with the next instance', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    const db = handled(world, 'db', { restart: { ...ONCE, delay: 300 } })
    const slow = traced('slow', { startMs: 100 })
    const api = handled(world, 'api', { dependsOn: { db: db.resource, slow } })
    const app = kernel([api.resource])
    const started = app.start()
    await clock.advance(50)
    db.crash()
    await clock.run(started)
    expect([api.contexts.length, api.deps.db]).toEqual([1, 'db#2'])
    await clock.run(app.shutdown())
  })
})

describe('S1 concurrency', () => {
  test('S1 holds in start(), in a restart and in add()', async () => {
    const { clock, kernel, delay } = scene()
    const db = resource('db', { start: () => ({}) })
    const count = { open: 0, most: 0, started: 0 }
    const one = (name: string) =>
      resource(name, {
        dependsOn: { db },
        start: async () => {
          count.most = Math.max(count.most, ++count.open)
          count.started++
          await delay(10)
          count.open--
        },
      })
    const most = async (work: () => Promise<unknown>) => {
      Object.assign(count, { most: 0, started: 0 })
      await clock.run(work())
      return [count.started, count.most]
    }
    const many = (prefix: string) => Array.from({ length: 30 }, (_, i) => one(`${prefix}${i}`))
    const app = kernel(many('a'), { concurrency: 3 })
    expect(await most(() => app.start())).toEqual([30, 3])
    expect(await most(() => app.restart(db))).toEqual([30, 3])
    expect(await most(() => app.add(...many('b')))).toEqual([30, 3])
    expect(await most(() => Promise.all([app.restart(db), app.add(...many('c'))]))).toEqual([90, 3])
    await clock.run(app.shutdown())
  })

  test('S1 a start that fails or hangs gives its place to the next', async () => {
    const { clock, kernel, traced, log } = scene()
    const app = kernel(
      [
        traced('fails', { impact: 'none', start: () => Promise.reject(new Error('no')) }),
        traced('throws', { impact: 'none', start: () => { throw new Error('no') } }), // biome-ignore format: one line
        traced('hangs', { impact: 'none', start: () => new Promise(() => {}), timeouts: { start: 50 } }),
        traced('last'),
      ],
      { concurrency: 1 },
    )
    await clock.run(app.start())
    expect(log).toEqual(['start fails', 'start throws', 'start hangs', 'start last'])
    await clock.run(app.shutdown())
  })
})

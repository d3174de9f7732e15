import { describe, expect, test } from 'vitest'
import { optional, type Ref, ref, resource } from '../index.js'
import { rejection } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('H4 kernel.restart()', () => {
  test('H4 restarts a resource with its dependents, with no policy and no delay, and resolves when all are back', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    const db = traced('db', { stopMs: 5, startMs: 5 })
    const api = traced('api', { dependsOn: { db }, stopMs: 5, startMs: 5 })
    const app = await clock.run(kernel([api, traced('other')]).start())
    log.length = 0
    const before = elapsed()
    await clock.run(app.restart(db))
    expect(elapsed() - before).toBe(20)
    expect(log.filter((line) => /^st(op|art) /.test(line))).toEqual(['stop api', 'stop db', 'start db', 'start api'])
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('H4 uses up no attempt and ignores the delay of the policy', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { restart: { attempts: 1, within: 60_000, delay: 1_000 } })
    const app = await clock.run(kernel([db]).start())
    for (let i = 0; i < 3; i++) await app.restart(db)
    expect(app.inspect().resources[0]).toMatchObject({ state: 'running', restarts: 0 })
    await app.shutdown()
  })

  test('H4 gives ref dependents the new instance and optional ones a restart', async () => {
    const { clock, kernel, log, traced } = scene()
    let made = 0
    const db = traced('db', { start: () => `db#${++made}` })
    let live: Ref<string> | undefined
    const viewer = resource('viewer', {
      dependsOn: { db: ref(db) },
      start: ({ db }) => {
        live = db
      },
    })
    const page = traced('page', { dependsOn: { db: optional(db) } })
    const app = await clock.run(kernel([viewer, page]).start())
    log.length = 0
    await app.restart(db)
    expect(live!.current).toBe('db#2')
    expect(log).toEqual(['stop page', 'stop db', 'start db', 'start page'])
    await app.shutdown()
  })

  test('H4 brings back what has failed for good', async () => {
    const { clock, kernel, traced } = scene()
    let broken = true
    const cache = traced('cache', {
      impact: 'degraded',
      start: () => {
        if (broken) throw new Error('refused')
        return 'cache'
      },
    })
    const app = await clock.run(kernel([cache]).start())
    expect(app.probe().status).toBe('degraded')
    broken = false
    await app.restart(cache)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await app.shutdown()
  })

  test('H4 rejects with the reason when it does not come back, and the resource has failed', async () => {
    const { clock, kernel, traced } = scene()
    let broken = false
    const thrown = new Error('refused')
    const cache = traced('cache', {
      impact: 'degraded',
      start: () => {
        if (broken) throw thrown
        return 'cache'
      },
    })
    const app = await clock.run(kernel([cache]).start())
    broken = true
    expect(await rejection(app.restart(cache))).toMatchObject({ code: 'START_FAILED', resource: 'cache', cause: thrown })
    expect(app.state).toBe('running')
    expect(app.probe().status).toBe('degraded')
    await app.shutdown()
  })

  test('H4 of a resource that matters and does not come back, the kernel fails', async () => {
    const { clock, kernel, traced } = scene()
    let broken = false
    const db = traced('db', {
      start: () => {
        if (broken) throw new Error('refused')
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    broken = true
    await rejection(app.restart(db))
    expect(app.state).toBe('failed')
    expect(app.probe()).toMatchObject({ status: 'failed', live: false })
    await app.shutdown()
  })

  test('H4 with a policy, a restart by hand that fails is tried again, and the promise waits for that', async () => {
    const { clock, kernel, traced } = scene()
    let fails = 0
    const db = traced('db', {
      restart: { attempts: 2, within: 60_000, delay: 10, jitter: 0 },
      start: () => {
        if (fails-- > 0) throw new Error('refused')
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    fails = 2
    await clock.run(app.restart(db))
    expect(app.inspect().resources[0]).toMatchObject({ state: 'running', restarts: 2 })
    // Its attempts count anew.
    fails = 3
    expect(await clock.run(rejection(app.restart(db)))).toMatchObject({ code: 'RESTART_LIMIT' })
    await app.shutdown()
  })

  test('H5 twice at once is one restart, and both promises wait for it', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { stopMs: 5 })
    const app = await clock.run(kernel([db]).start())
    log.length = 0
    await clock.run(Promise.all([app.restart(db), app.restart(db)]))
    expect(log.filter((line) => line === 'start db')).toHaveLength(1)
    await clock.run(app.shutdown())
  })

  test('H5 of a dependent and then of what it depends on, both resolve when all are back', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { stopMs: 5 })
    const api = traced('api', { dependsOn: { db }, stopMs: 5 })
    const app = await clock.run(kernel([api]).start())
    const events = recordEvents(app)
    await clock.run(Promise.all([app.restart(api), app.restart(db)]))
    expect(app.probe().status).toBe('ready')
    expect(events.events.filter(({ type }) => type === 'restart:done')).toMatchObject([{ resource: 'db' }])
    await clock.run(app.shutdown())
  })

  test('H4 of what is back and fails before its dependents are: it rejects, and is not said to be done', async () => {
    const { clock, kernel, traced, delay } = scene()
    let crash = () => {}
    const db = traced('db', {
      impact: 'degraded',
      start: (_, ctx) => {
        crash = () => ctx.crashed(new Error('gone again'))
      },
    })
    const api = traced('api', { dependsOn: { db }, start: () => delay(50) })
    const app = await clock.run(kernel([api]).start())
    const events = recordEvents(app)
    const restarted = rejection(app.restart(db))
    await clock.advance(10)
    crash()
    expect(await clock.run(restarted)).toMatchObject({ code: 'CRASHED', message: expect.stringContaining('gone again') })
    expect(events.events.filter(({ type }) => type === 'restart:done')).toEqual([])
    await clock.run(app.shutdown())
  })

  test('H4 crash, then restart by hand: the delay is skipped', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    let crash = () => {}
    const db = traced('db', {
      restart: { attempts: 3, within: 60_000, delay: 10_000 },
      start: (_, ctx) => {
        crash = () => ctx.crashed(new Error('gone'))
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    crash()
    await clock.advance(10)
    await clock.run(app.restart(db))
    expect(elapsed()).toBe(10)
    expect(app.probe().status).toBe('ready')
    await app.shutdown()
    expect(clock.pending).toBe(0)
  })

  test.each(['idle', 'stopped'])('of an %s kernel is refused', async (state) => {
    const { clock, kernel, traced } = scene()
    const db = traced('db')
    const app = kernel([db])
    if (state === 'stopped') {
      await clock.run(app.start())
      await app.shutdown()
    }
    expect(await rejection(app.restart(db))).toMatchObject({ code: 'INVALID_STATE', message: expect.stringContaining(state) })
  })

  test('of a foreign resource is refused', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('db')]).start())
    expect(await rejection(app.restart(traced('foreign')))).toMatchObject({ code: 'UNKNOWN_RESOURCE', resource: 'foreign' })
    await app.shutdown()
  })

  test('of a resource that is still being added does not end in an internal error', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { startMs: 10 })
    const api = traced('api', { dependsOn: { db } })
    const app = await clock.run(kernel([traced('other')]).start())
    const added = app.add(api)
    await clock.settle()
    const restarted = app.restart(api).then(
      () => 'done',
      (error: { code?: string }) => error.code,
    )
    await clock.run(added)
    expect(['done', 'INVALID_STATE']).toContain(await clock.run(restarted))
    expect(app.inspect().resources.map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await app.shutdown()
  })

  test('of a resource that is being removed is refused, and it does not come back', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { stopMs: 10 })
    const app = await clock.run(kernel([db, traced('other')]).start())
    const removed = app.remove(db)
    await clock.advance(5)
    const restarted = rejection(app.restart(db))
    await clock.run(removed)
    expect(await clock.run(restarted)).toMatchObject({ code: 'ABORTED' })
    expect(log.filter((line) => line === 'start db')).toHaveLength(1)
    await app.shutdown()
  })

  test('H5 that hangs is cut short by a shutdown, within its budget', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    let hangs = false
    const db = traced('db', { timeouts: { start: 60_000 }, start: () => (hangs ? hang() : 'db') })
    const app = await clock.run(kernel([db], { shutdown: { timeout: 1_000 } }).start())
    hangs = true
    const restarted = rejection(app.restart(db))
    await clock.advance(100)
    const stopped = clock.run(app.shutdown())
    expect(await restarted).toMatchObject({ code: 'ABORTED' })
    await stopped
    expect(elapsed()).toBeLessThanOrEqual(1_100)
  })
})

import { describe, expect, test } from 'vitest'
import { type Kernel, optional, type Resource, ref } from '../index.js'
import { rejection } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

const states = (app: Kernel) => app.inspect().resources.map(({ name, state }) => `${name} ${state}`)

describe('add, remove and restart against a shutdown and each other', () => {
  const OPERATIONS = ['add', 'remove', 'restart'] as const

  test.each(OPERATIONS.flatMap((operation) => Array.from({ length: 24 }, (_, i) => [operation, i] as const)))(
    '%s, and a shutdown %d ms later: every promise settles and everything is stopped',
    async (operation, at) => {
      const { clock, kernel, log, traced, delay } = scene()
      const db = traced('db', { stopMs: 5, start: () => delay(5, 'db') })
      const api = traced('api', { dependsOn: { db }, stopMs: 5, start: () => delay(5, 'api') })
      const extra = traced('extra', { dependsOn: { api }, stopMs: 5, start: () => delay(5, 'extra') })
      const app = await clock.run(kernel([api]).start())
      const done = {
        add: () => app.add(extra),
        remove: () => app.remove(db, { dependents: true }),
        restart: () => app.restart(db),
      }[operation]()
      const settled = done.then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
      await clock.advance(at)
      const report = await clock.run(app.shutdown())
      expect(await settled).toMatch(/^(done|ABORTED)$/)
      expect(report.ok).toBe(true)
      expect(app.state).toBe('stopped')
      for (const name of ['db', 'api', 'extra']) {
        expect(log.filter((line) => line === `stop ${name}`)).toHaveLength(log.filter((line) => line === `start ${name}`).length)
      }
    },
  )

  test.each(OPERATIONS.flatMap((first) => OPERATIONS.map((second) => [first, second] as const)))(
    '%s, and %s at every instant of it: every promise settles, in a defined state',
    async (first, second) => {
      for (let at = 0; at < 24; at++) {
        const { clock, kernel, log, traced, delay } = scene()
        const slow = { stopMs: 5, start: () => delay(5, 'value') }
        const db = traced('db', slow)
        const api = traced('api', { ...slow, dependsOn: { db } })
        const extra = traced('extra', { ...slow, dependsOn: { api } })
        const app = await clock.run(kernel([api, traced('base')]).start())
        const operations = {
          add: () => app.add(extra),
          remove: () => app.remove(api, { dependents: true }),
          restart: () => app.restart(db),
        }
        const one = operations[first]()
        const both = Promise.allSettled([one, delay(at).then(() => operations[second]())])
        const context = `${first}, ${second} after ${at} ms`
        for (const outcome of await clock.run(both)) {
          if (outcome.status === 'rejected') expect(String(outcome.reason), context).toMatch(/^(KeelsonError|StartError)/)
          if (outcome.status === 'rejected') expect(outcome.reason.message, context).not.toContain('bug')
        }
        await clock.advance(100)
        for (const state of states(app)) expect(state, context).toMatch(/ (running|failed)$/)
        expect(app.probe().status, context).toBe('ready')
        expect(await clock.run(app.shutdown())).toMatchObject({ ok: true })
        for (const name of ['db', 'api', 'extra']) {
          const starts = log.filter((line) => line === `start ${name}`).length
          expect(
            log.filter((line) => line === `stop ${name}`),
            context,
          ).toHaveLength(starts)
        }
      }
    },
  )

  test('an addition that hangs ends with the shutdown', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('base')], { shutdown: { timeout: 100 } }).start())
    const added = rejection(app.add(traced('stuck', { start: hang, timeouts: { start: Infinity } })))
    await clock.advance(10)
    await clock.run(app.shutdown())
    expect(await added).toMatchObject({ code: 'ABORTED' })
  })

  test('what is added behind an addition that fails is not started for want of it, however much of the graph goes', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const a = traced('a', { impact: 'none', start: () => delay(5).then(() => Promise.reject(new Error('no'))) })
    const b = traced('b', { dependsOn: { a } })
    const c = traced('c', { dependsOn: { b } })
    const d = traced('d', { dependsOn: { c } })
    const app = await clock.run(kernel([]).start())
    const first = rejection(app.add(c))
    const second = rejection(app.add(d))
    await clock.advance(5)
    expect(await first).toMatchObject({ code: 'START_FAILED', errors: [{ resource: 'a' }, { resource: 'b' }] })
    expect(await second).toMatchObject({ code: 'START_FAILED' })
    expect(log).toEqual(['start a'])
    expect(states(app)).toEqual([])
    await app.shutdown()
  })

  test.each([
    ['required', (db: Resource<unknown>) => db],
    ['optional', (db: Resource<unknown>) => optional(db)],
    ['ref', (db: Resource<unknown>) => ref(db)],
  ])('nothing is added that depends on what is being removed, be it %s', async (_, edge) => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { stopMs: 5 })
    const late = traced('late', { dependsOn: { db: edge(db) as Resource<unknown> }, impact: 'degraded' })
    const app = await clock.run(kernel([db]).start())
    const removal = app.remove(db)
    const refused = rejection(app.add(late))
    expect(await clock.run(refused)).toMatchObject({
      code: 'START_FAILED',
      errors: [{ code: 'ABORTED', resource: 'db', message: expect.stringContaining('is being removed') }],
    })
    await clock.run(removal)
    expect(states(app)).toEqual([])
    expect(log).toEqual(['start db', 'stop db', 'stopped db'])
    await clock.run(app.add(late))
    expect(states(app)).toEqual(['db running', 'late running'])
    await clock.run(app.shutdown())
  })

  test('a removal that ends an addition stops what others hold only after them', async () => {
    const { clock, kernel, log, traced } = scene()
    const base = traced('base')
    const db = traced('db', { dependsOn: { base } })
    const unready = traced('unready', { dependsOn: { db }, check: () => false })
    const user = traced('user', { dependsOn: { db }, stopMs: 5 })
    const app = await clock.run(kernel([]).start())
    const first = rejection(app.add(unready))
    await clock.run(app.add(user))
    log.length = 0
    await clock.run(app.remove(db, { dependents: true }))
    expect(await first).toMatchObject({ code: 'START_FAILED' })
    expect(log.indexOf('stopped user')).toBeLessThan(log.indexOf('stop db'))
    expect(log.filter((line) => line.startsWith('stop ')).sort()).toEqual(['stop base', 'stop db', 'stop unready', 'stop user'])
    await clock.run(app.shutdown())
  })
})

test('an addition that a restart overtook is done when what it added comes up by its own policy', async () => {
  const { clock, kernel, traced, delay } = scene()
  const db = traced('db')
  const app = await clock.run(kernel([db]).start())
  let starts = 0
  const cache = traced('cache', {
    dependsOn: { db },
    impact: 'degraded',
    restart: { attempts: 3, within: 10_000, delay: 100, jitter: 0 },
    start: () => delay(50).then(() => (++starts === 2 ? Promise.reject(new Error('not there yet')) : 'cache')),
  })
  let added = false
  const adding = app.add(cache).then(() => {
    added = true
  })
  await clock.advance(20)
  const restarted = app.restart(db)
  await clock.advance(1_000)
  expect(added).toBe(true)
  await Promise.all([adding, restarted])
  expect(app.get(cache)).toBe('cache')
  await clock.run(app.shutdown())
})

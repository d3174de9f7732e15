import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type Kernel, optional, ref, resource, StartError } from './index.js'
import { rejection, shutdownError } from './testing/rejection.js'
import { hang, scene } from './testing/scene.js'
import { recordEvents } from './testing.js'

const names = (app: Kernel) => app.inspect().resources.map(({ name }) => name)
const states = (app: Kernel) => app.inspect().resources.map(({ name, state }) => `${name} ${state}`)

describe('add', () => {
  test('starts resources and what they depend on, in order, and resolves when they run', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    const app = await clock.run(kernel([traced('base')]).start())
    const db = traced('db', { startMs: 10 })
    const cache = traced('cache', { startMs: 10 })
    const api = traced('api', { dependsOn: { db, cache }, startMs: 5 })
    log.length = 0
    await clock.run(app.add(api))
    expect(elapsed()).toBe(15)
    expect(log).toEqual(['start db', 'start cache', 'up db', 'up cache', 'start api', 'up api'])
    expect(app.get(api)).toBe('api')
    expect(app.probe().status).toBe('ready')
    await app.shutdown()
    expect(log.slice(6).filter((line) => line !== 'stop base')).toEqual(['stop api', 'stop cache', 'stop db'])
  })

  test('gives them the values of what runs already, through every kind of edge', async () => {
    const { clock, kernel, traced } = scene()
    const [db, cache, flags] = ['db', 'cache', 'flags'].map((name) => traced(name))
    const app = await clock.run(kernel([db!, cache!, flags!]).start())
    const api = resource('api', {
      dependsOn: { db: db!, cache: optional(cache!), flags: ref(flags!) },
      after: [db!],
      start: ({ db, cache, flags }) => `${db} ${cache} ${flags.current}`,
    })
    await app.add(api)
    expect(app.get(api)).toBe('db cache flags')
    await app.shutdown()
  })

  test('H2 what is added is checked, and H4 restarted by its policy', async () => {
    const { clock, kernel, traced, log } = scene()
    const app = await clock.run(kernel([traced('base')]).start())
    let healthy = true
    const job = traced('job', {
      check: () => healthy,
      monitor: { interval: 10, failureThreshold: 1 },
      restart: { attempts: 1, within: 1_000, delay: 0 },
    })
    await app.add(job)
    healthy = false
    clock.setTimeout(() => {
      healthy = true
    }, 15)
    await clock.advance(30)
    expect(log).toEqual(['start base', 'start job', 'stop job', 'start job'])
    expect(app.inspect().resources[1]!.restarts).toBe(1)
    await app.shutdown()
  })

  test('of what is there already does nothing', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db')
    const app = await clock.run(kernel([db]).start())
    await app.add(db)
    await app.add()
    expect(log).toEqual(['start db'])
    await app.shutdown()
  })

  test('S3 a failure takes out all that this call added, and nothing else', async () => {
    const { clock, kernel, log, traced } = scene()
    const base = traced('base')
    const app = await clock.run(kernel([base]).start())
    const thrown = new Error('port in use')
    const good = traced('good', { dependsOn: { base } })
    const bad = traced('bad', {
      dependsOn: { good },
      start: () => {
        throw thrown
      },
    })
    log.length = 0
    const error = await rejection(app.add(bad))
    expect(error).toBeInstanceOf(StartError)
    expect(error).toMatchObject({
      errors: [{ code: 'START_FAILED', resource: 'bad', cause: thrown }],
      report: {
        ok: true,
        outcomes: [
          { resource: 'good', outcome: 'stopped' },
          { resource: 'bad', outcome: 'never-started' },
        ],
      },
    })
    expect(log).toEqual(['start good', 'start bad', 'stop good'])
    expect(states(app)).toEqual(['base running'])
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(() => app.get(good)).toThrow(/good/)
    await app.shutdown()
  })

  test('S4 a failure that does not matter stays in, degraded', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('base')]).start())
    const stats = traced('stats', {
      impact: 'degraded',
      start: () => {
        throw new Error('refused')
      },
    })
    const page = traced('page', { dependsOn: { stats: optional(stats) } })
    await app.add(page)
    expect(states(app)).toEqual(['base running', 'stats failed', 'page running'])
    expect(app.probe().status).toBe('degraded')
    await app.shutdown()
  })

  test('S4 on a failed dependency is refused with the cause', async () => {
    const { clock, kernel, traced } = scene()
    const stats = traced('stats', {
      impact: 'degraded',
      start: () => {
        throw new Error('refused')
      },
    })
    const app = await clock.run(kernel([stats]).start())
    expect(await rejection(app.add(traced('page', { dependsOn: { stats } })))).toMatchObject({
      errors: [
        { code: 'START_FAILED', resource: 'stats' },
        { code: 'DEPENDENCY_FAILED', resource: 'page' },
      ],
    })
    expect(names(app)).toEqual(['stats'])
    await app.shutdown()
  })

  test('G1 a cycle or a second definition of a name leaves the kernel as it was', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('db')]).start())
    expect(await rejection(app.add(traced('db')))).toMatchObject({ code: 'DUPLICATE_RESOURCE' })
    const self = resource('self', {
      get dependsOn(): { self: unknown } {
        return { self: self }
      },
      start: () => 1,
    } as never)
    expect(await rejection(app.add(self))).toMatchObject({ code: 'DEPENDENCY_CYCLE' })
    expect(names(app)).toEqual(['db'])
    expect(app.plan().order).toEqual(['db'])
    await app.shutdown()
  })

  test('on a resource that is away waits until it is back', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { startMs: 10 })
    const app = await clock.run(kernel([db]).start())
    log.length = 0
    const restarted = app.restart(db)
    const added = app.add(traced('api', { dependsOn: { db } }))
    await clock.run(Promise.all([restarted, added]))
    expect(log).toEqual(['stop db', 'start db', 'up db', 'start api'])
    await app.shutdown()
  })

  test.each(['required', 'optional'])('on a resource that is being removed does not get its value (%s)', async (kind) => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { stopMs: 10 })
    const app = await clock.run(kernel([db, traced('other')]).start())
    const removed = app.remove(db)
    await clock.advance(5)
    let given: unknown = 'never started'
    const page = resource('page', {
      dependsOn: { db: kind === 'optional' ? optional(db) : db },
      start: ({ db }) => {
        given = db
        return 'page'
      },
    })
    await clock.run(Promise.allSettled([app.add(page), removed]))
    expect(['never started', undefined]).toContain(given)
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test.each(['idle', 'starting', 'stopping', 'stopped'])('while %s is refused', async (state) => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('slow', { startMs: 10, stopMs: 10 })])
    const started = state === 'idle' ? undefined : app.start()
    if (state === 'stopping' || state === 'stopped') await clock.run(started!)
    const stopped = state === 'stopping' || state === 'stopped' ? app.shutdown() : undefined
    if (state === 'stopped') await clock.run(stopped!)
    const late = traced('late')
    expect(await rejection(app.add(late))).toMatchObject({ code: 'ABORTED', message: expect.stringContaining(state) })
    if (started !== undefined) await clock.run(started)
    await clock.run(app.shutdown())
    expect(names(app)).toEqual(['slow'])
  })
})

describe('remove', () => {
  test('stops a resource and forgets it; its name is free again', async () => {
    const { clock, kernel, log, traced } = scene()
    const job = traced('job', { check: () => true, monitor: { interval: 10 } })
    const app = await clock.run(kernel([traced('base'), job]).start())
    await app.remove(job)
    expect(log).toEqual(['start base', 'start job', 'stop job'])
    expect(names(app)).toEqual(['base'])
    expect(app.plan().order).toEqual(['base'])
    expect(clock.pending).toBe(0)
    expect(() => app.get(job)).toThrow(expect.objectContaining({ code: 'UNKNOWN_RESOURCE' }))
    await app.add(traced('job'))
    expect(names(app)).toEqual(['base', 'job'])
    await app.shutdown()
  })

  test('of what others hold is refused with their names, and with dependents takes them along', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db')
    const users = traced('users', { dependsOn: { db } })
    const api = traced('api', { dependsOn: { users: optional(users) } })
    const viewer = resource('viewer', { dependsOn: { db: ref(db) }, start: () => 1, stop: () => log.push('stop viewer') })
    const later = traced('later', { after: [db] })
    const app = await clock.run(kernel([api, viewer, later]).start())
    const error = await rejection(app.remove(db))
    expect(error).toMatchObject({ code: 'HAS_DEPENDENTS', resource: 'db', details: { dependents: ['users', 'api', 'viewer'] } })
    for (const name of ['users', 'api', 'viewer']) expect((error as Error).message).toContain(`"${name}"`)
    log.length = 0
    await app.remove(db, { dependents: true })
    expect(log.at(-1)).toBe('stop db')
    expect([...log].sort()).toEqual(['stop api', 'stop db', 'stop users', 'stop viewer'])
    expect(names(app)).toEqual(['later'])
    await app.shutdown()
  })

  test('of a resource whose stop fails rejects with the report, and it is out all the same', async () => {
    const { clock, kernel, traced } = scene()
    const thrown = new Error('already closed')
    const job = traced('job', {
      stop: () => {
        throw thrown
      },
    })
    const app = await clock.run(kernel([traced('base'), job]).start())
    const { report } = await shutdownError(app.remove(job))
    expect(report).toMatchObject({
      outcomes: [{ resource: 'job', outcome: 'failed' }],
      errors: [{ code: 'STOP_FAILED', cause: thrown }],
    })
    expect(names(app)).toEqual(['base'])
    expect(app.probe().status).toBe('ready')
    expect(await app.shutdown()).toMatchObject({ ok: true, outcomes: [{ resource: 'base' }] })
  })

  test('of a failed resource takes its reason out of the probe', async () => {
    const { clock, kernel, traced } = scene()
    const bad = traced('bad', {
      impact: 'degraded',
      start: () => {
        throw new Error('refused')
      },
    })
    const app = await clock.run(kernel([traced('base'), bad]).start())
    expect(app.probe().status).toBe('degraded')
    await app.remove(bad)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await app.shutdown()
  })

  test('of a resource on its way back ends that', async () => {
    const { clock, kernel, log, traced } = scene()
    let crash = () => {}
    const db = traced('db', {
      restart: { attempts: 1, within: 1_000, delay: 500 },
      start: (_, ctx) => {
        crash = () => ctx.crashed(new Error('gone'))
        return 'db'
      },
    })
    const app = await clock.run(kernel([traced('base'), db]).start())
    crash()
    await clock.advance(10)
    expect(app.probe().ready).toBe(false)
    await app.remove(db)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(clock.pending).toBe(0)
    await clock.advance(1_000)
    expect(log.filter((line) => line === 'start db')).toHaveLength(1)
    await app.shutdown()
  })

  test('of a resource whose start is in flight aborts that and stops what still arrives', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const app = await clock.run(kernel([traced('base')]).start())
    const slow = traced('slow', { start: () => delay(50, 'slow') })
    const added = rejection(app.add(slow))
    await clock.advance(10)
    await clock.run(app.remove(slow))
    await clock.advance(100)
    expect(await added).toBeInstanceOf(Error)
    expect(log).toEqual(['start base', 'start slow', 'stop slow'])
    expect(names(app)).toEqual(['base'])
    await app.shutdown()
  })

  test('works on a kernel at rest', async () => {
    const { kernel, traced } = scene()
    const db = traced('db')
    const app = kernel([db, traced('other')])
    await app.remove(db)
    expect(names(app)).toEqual(['other'])
    expect(await rejection(app.remove(db))).toMatchObject({ code: 'UNKNOWN_RESOURCE' })
  })

  test('twice at once is one removal', async () => {
    const { clock, kernel, log, traced } = scene()
    const job = traced('job', { stopMs: 10 })
    const app = await clock.run(kernel([traced('base'), job]).start())
    const settled = await clock.run(Promise.allSettled([app.remove(job), app.remove(job)]))
    expect(settled[0].status).toBe('fulfilled')
    expect(log.filter((line) => line === 'stop job')).toHaveLength(1)
    await app.add(traced('job'))
    expect(names(app)).toEqual(['base', 'job'])
    await clock.run(app.shutdown())
  })
})

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
})

describe('churn', () => {
  test('10,000 additions and removals leave nothing behind: ids are reused, plan and inspect stay right', async () => {
    const { clock, kernel, traced } = scene()
    const base = traced('base')
    const app = await clock.run(kernel([base, traced('user', { dependsOn: { base } })]).start())
    const log = recordEvents(app)
    log.stop()
    let heap = 0
    for (let i = 0; i < 10_000; i++) {
      const job = resource(`job${i}`, { dependsOn: { base }, start: () => i, stop: () => {}, check: () => true })
      await app.add(job)
      if (i % 1_000 === 500) {
        expect(app.plan().order).toEqual(['base', 'user', `job${i}`])
        expect(app.plan().resources.at(-1)!.dependsOn).toEqual([{ resource: 'base', kind: 'required' }])
        expect(names(app)).toEqual(['base', 'user', `job${i}`])
        expect(app.get(job)).toBe(i)
      }
      await app.remove(job)
      if (i === 2_000) heap = usedHeap()
    }
    expect(names(app)).toEqual(['base', 'user'])
    expect(app.timeline()).toHaveLength(2)
    // 8,000 more would be several MB if each left a cell, a history or an edge behind.
    expect(usedHeap() - heap).toBeLessThan(2_000_000)
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    await app.restart(base)
    expect(app.probe().status).toBe('ready')
    expect(await app.shutdown()).toMatchObject({ ok: true, outcomes: [{ resource: 'base' }, { resource: 'user' }] })
  })

  test('additions and removals among many that stay keep every edge right', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = await clock.run(kernel([traced('root')]).start())
    const made = [traced('m0')]
    await app.add(made[0]!)
    for (let i = 1; i < 60; i++) {
      const dependsOn = { below: made[Math.floor(i / 2)]! }
      made.push(traced(`m${i}`, { dependsOn }))
      await app.add(made[i]!)
    }
    // Every second leaf goes, and enough of them for the gaps to be closed.
    for (let i = 59; i >= 15; i--) await app.remove(made[i]!, { dependents: true })
    expect(app.inspect().resources.map(({ name, dependsOn }) => [name, dependsOn.map(({ resource }) => resource)])).toEqual([
      ['root', []],
      ['m0', []],
      ...Array.from({ length: 14 }, (_, i) => [`m${i + 1}`, [`m${Math.floor((i + 1) / 2)}`]]),
    ])
    log.length = 0
    await app.restart(made[3]!)
    expect(log.filter((line) => line.startsWith('stop'))).toEqual([
      'stop m14',
      'stop m13',
      'stop m12',
      'stop m7',
      'stop m6',
      'stop m3',
    ])
    await app.shutdown()
  })
})

/** After a collection where the runtime offers one. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

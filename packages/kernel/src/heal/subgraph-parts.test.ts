import { describe, expect, test } from 'vitest'
import { ref, subgraph, task } from '../index.js'
import { handled, ONCE } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'

describe('G5 T1 tasks, work, checks and cordons in a subgraph', () => {
  test.each(['shutdown', 'restart', 'ignore'] as const)('G5 T1 a task that is done: %s', async (onEnd) => {
    const world = scene()
    const { clock, kernel, traced, delay, log } = world
    let runs = 0
    const tenant = subgraph('tenant', {
      resources: () => [
        task('job', {
          onEnd,
          run: async (_, { stopping }) => {
            if (++runs > 2) await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()))
            else await delay(1_000)
          },
        }),
        traced('web'),
      ],
    })
    const app = await clock.run(kernel([traced('api', { dependsOn: { tenant } })]).start())
    log.length = 0
    await clock.advance(5_000)
    if (onEnd === 'shutdown') {
      expect([app.state, (await app.stopped).reason]).toEqual(['stopped', 'tenant/job is done'])
      expect(log).toEqual(['stop api', 'stop web'])
    } else if (onEnd === 'restart') {
      const once = ['stop api', 'stop web', 'start web', 'start api']
      expect([runs, log, app.probe().status]).toEqual([3, [...once, ...once], 'ready'])
    } else expect([runs, log, app.probe().status]).toEqual([1, [], 'ready'])
    const report = await clock.run(app.shutdown())
    expect(report.ok).toBe(true)
  })

  test('G5 T1 a task that begins anew does so later each time, and the whole is told to be back', async () => {
    const world = scene()
    const { clock, kernel, elapsed, delay } = world
    const began: number[] = []
    const told: string[] = []
    const tenant = subgraph('tenant', {
      resources: () => [
        task('loop', {
          onEnd: 'restart',
          restart: { attempts: 3, within: 60_000, delay: 100, jitter: 0 },
          run: () => {
            began.push(elapsed())
            return delay(10)
          },
        }),
      ],
    })
    const app = kernel([tenant])
    app.on('restart:done', ({ resource, attempt }) => told.push(`${resource} ${attempt}`))
    await clock.run(app.start())
    await clock.advance(600)
    expect([began, told]).toEqual([
      [0, 110, 320],
      ['tenant 1', 'tenant 2'],
    ])
    await clock.run(app.shutdown())
  })

  test('G5 T1 a job that is done while everything starts ends the kernel once everything runs', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    const tenant = subgraph('tenant', { resources: () => [task('job', { run: async () => 1 })] })
    const app = kernel([tenant, traced('slow', { startMs: 100 })])
    await clock.run(app.start())
    const report = await clock.run(app.stopped)
    expect([report.reason, report.ok]).toEqual(['tenant/job is done', true])
  })

  test('G5 T1 a task that fails is a crash of the whole', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    let runs = 0
    const tenant = subgraph('tenant', {
      restart: ONCE,
      resources: () => [
        traced('db'),
        task('loop', {
          run: (_, { stopping }) =>
            ++runs === 1
              ? Promise.reject(new Error('lost'))
              : new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve())),
        }),
      ],
    })
    const app = await clock.run(kernel([tenant]).start())
    await clock.advance(1_000)
    expect([runs, app.probe().status, log]).toEqual([2, 'ready', ['start db', 'stop db', 'start db']])
    await clock.run(app.shutdown())
  })

  test('G5 W1 work that a member tracks is waited for, and told by its name', async () => {
    const world = scene()
    const { clock, kernel, traced, delay, log, elapsed } = world
    const db = handled(world, 'db')
    const tenant = subgraph('tenant', { resources: () => [db.resource] })
    const app = await clock.run(kernel([traced('api', { dependsOn: { tenant } })]).start())
    void db.ctx.track(
      'job 1',
      delay(500).then(() => log.push('job done')),
    )
    const { work } = app.inspect().resources.find(({ name }) => name === 'tenant/db')!
    expect(work).toMatchObject({ count: 1, oldest: [{ label: 'job 1' }] })
    const report = await clock.run(app.shutdown())
    expect([elapsed(), log.slice(-3)]).toEqual([500, ['stop api', 'job done', 'stop db']])
    expect(report.outcomes.find(({ resource }) => resource === 'tenant/db')!.work).toMatchObject({ count: 1 })
  })

  test('G5 V1 a member cannot be named from outside: it is neither rotated nor checked alone', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    const db = traced('db', { check: () => true })
    const tenant = subgraph('tenant', { resources: () => [db] })
    const app = await clock.run(kernel([tenant]).start())
    for (const refused of [app.rotate(db), app.check(db), app.restart(db), app.remove(db)]) {
      await expect(refused).rejects.toMatchObject({ code: 'UNKNOWN_RESOURCE' })
    }
    await clock.run(app.shutdown())
  })

  test('G5 V1 what is held by value within is not rotated, and what is only followed is', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    let n = 0
    const db = traced('db', { start: () => `db#${++n}` })
    let seen: { readonly current: unknown } | undefined
    const holds = subgraph('holds', { resources: () => [traced('x', { dependsOn: { db } })] })
    const follows = subgraph('follows', {
      resources: () => [
        traced('x', {
          dependsOn: { db: ref(db) },
          start: ({ db }) => {
            seen = db as typeof seen
            return 'x'
          },
        }),
      ],
    })
    const app = await clock.run(kernel([db, follows]).start())
    await clock.run(app.rotate(db))
    expect(seen!.current).toBe('db#2')
    await clock.run(app.add(holds))
    await expect(clock.run(app.rotate(db))).rejects.toMatchObject({
      code: 'HAS_DEPENDENTS',
      message: expect.stringContaining('holds/x'),
    })
    await clock.run(app.shutdown())
  })

  test('G5 C1 C2 check() asks its members, and a cordon leaves it alone', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const db = traced('db', { check: () => true })
    const tenant = subgraph('tenant', { resources: () => [db] })
    const app = await clock.run(kernel([tenant]).start())
    expect(await clock.run(app.check())).toMatchObject([{ resource: 'tenant/db', ok: true }])
    log.length = 0
    app.cordon('by hand')
    expect(app.probe()).toMatchObject({ ready: false, live: true })
    await clock.run(app.restart(tenant))
    expect([app.probe().ready, log]).toEqual([false, ['stop db', 'start db']])
    app.uncordon()
    expect(app.probe().ready).toBe(true)
    await clock.run(app.shutdown())
  })
})

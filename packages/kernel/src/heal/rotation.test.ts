import { describe, expect, test } from 'vitest'
import { type KernelOptions, optional, type Ref, ref, resource } from '../index.js'
import { handled, ONCE, plain, stateOf } from '../test-support/handled.js'
import { type Scene, scene, type TracedOptions } from '../test-support/scene.js'

/** A running kernel with `db`, whose instances are `db#1`, `db#2`, and a user that follows it by ref. */
async function rotatable(world: Scene, options: TracedOptions = {}, kernelOptions: KernelOptions = {}) {
  const db = handled(world, 'db', options)
  const held = { db: undefined as unknown as Ref<string> }
  const user = world.traced('user', {
    dependsOn: { db: ref(db.resource) },
    start: (deps) => {
      held.db = deps.db as Ref<string>
      return 'user'
    },
  })
  const app = await world.clock.run(world.kernel([user], kernelOptions).start())
  return { app, db, live: held.db }
}

describe('V1 rotate()', () => {
  test('V1 starts the new instance while the old one serves, then stops the old one', async () => {
    const world = scene()
    let made = 0
    const { app, db, live } = await rotatable(world, { start: () => world.delay(100, `db#${++made}`), stopMs: 10 })
    const before = live.current
    const done = app.rotate(db.resource)
    await world.clock.advance(50)
    expect(live.current).toBe(before)
    expect(app.probe().status).toBe('ready')
    await world.clock.run(done)
    expect(live.current).not.toBe(before)
    expect(app.get(db.resource)).toBe(live.current)
    expect(app.inspect().resources.map(({ name }) => name)).toEqual(['db', 'user'])
    await world.clock.run(app.shutdown())
  })

  test('V1 no use is rejected and no lease interrupted, at whatever instant', async () => {
    const world = scene()
    const starts: string[] = []
    const { app, db, live } = await rotatable(world, {
      start: async () => {
        await world.delay(30)
        starts.push('up')
        return `db#${starts.length}`
      },
      drain: () => world.delay(5),
    })
    const used: string[] = []
    const works: Promise<unknown>[] = []
    const rotated = Promise.all([1, 2, 3].map((n) => world.delay(n * 200).then(() => app.rotate(db.resource))))
    for (let at = 0; at < 1_000; at += 3) {
      works.push(
        live.use(async (value) => {
          await world.delay(20)
          expect(plain(world.log), `stopped under a lease at ${at}`).not.toContain(`stopped ${value}`)
          used.push(value)
        }),
      )
      await world.clock.advance(3)
    }
    await world.clock.run(Promise.all(works))
    await world.clock.run(rotated)
    expect(new Set(used)).toEqual(new Set(['db#1', 'db#2', 'db#3', 'db#4']))
    expect(used).toHaveLength(works.length)
    await world.clock.run(app.shutdown())
  })

  test('V1 the old instance drains by its leases before it stops', async () => {
    const world = scene()
    const { app, db, live } = await rotatable(world)
    const work = live.use((value) => world.delay(100, value))
    const done = app.rotate(db.resource)
    await world.clock.advance(50)
    expect(live.current).toBe('db#2')
    expect(plain(world.log)).toEqual(['start db', 'start user', 'start db'])
    expect(await world.clock.run(work)).toBe('db#1')
    await world.clock.run(done)
    expect(plain(world.log)).toEqual(['start db', 'start user', 'start db', 'stop db'])
    await world.clock.run(app.shutdown())
  })

  test('V1 waits for the first check of the new instance, and goes on with its checks', async () => {
    const world = scene()
    const checked: unknown[] = []
    let healthy = true
    const { app, db, live } = await rotatable(world, {
      check: (value) => {
        checked.push(value)
        return healthy
      },
      monitor: { interval: 1_000 },
    })
    healthy = false
    const done = app.rotate(db.resource)
    await world.clock.advance(500)
    expect(live.current).toBe('db#1')
    expect(app.probe().ready).toBe(true)
    healthy = true
    await world.clock.run(done)
    expect(live.current).toBe('db#2')
    checked.length = 0
    await world.clock.advance(2_500)
    expect(checked).toEqual(['db#2', 'db#2'])
    await world.clock.run(app.shutdown())
  })

  test('V1 when the new instance fails the old one serves on, and the error is thrown', async () => {
    const world = scene()
    let broken = false
    const { app, db, live } = await rotatable(world, {
      start: () => (broken ? Promise.reject(new Error('bad credentials')) : 'db#1'),
      restart: ONCE,
    })
    broken = true
    await expect(world.clock.run(app.rotate(db.resource))).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('bad credentials'),
    })
    expect(live.current).toBe('db#1')
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(app.inspect().resources).toHaveLength(2)
    broken = false
    await world.clock.run(app.rotate(db.resource))
    await world.clock.run(app.shutdown())
  })

  test('V1 hooks are told the name of the resource, not of the rotation', async () => {
    const world = scene()
    const { app, db } = await rotatable(world)
    await world.clock.run(app.rotate(db.resource))
    expect(db.contexts.map(({ name }) => name)).toEqual(['db', 'db'])
    await world.clock.run(app.shutdown())
  })

  test.each([
    ['required', (db: never) => db],
    ['optional', (db: never) => optional(db)],
  ])('V1 is refused while a %s dependent holds the value itself', async (_, dependency) => {
    const world = scene()
    const db = world.traced('db')
    const api = world.traced('api', { dependsOn: { db: dependency(db as never) } })
    const app = await world.clock.run(world.kernel([api]).start())
    await expect(app.rotate(db)).rejects.toMatchObject({
      code: 'HAS_DEPENDENTS',
      resource: 'db',
      details: { dependents: ['api'] },
      message: expect.stringContaining('ref()'),
    })
    expect(plain(world.log)).toEqual(['start db', 'start api'])
    await world.clock.run(app.shutdown())
  })

  test('V1 a dependent that takes the value meanwhile keeps it: the rotation is given up', async () => {
    const world = scene()
    const { app, db, live } = await rotatable(world, { start: () => world.delay(50, 'db') })
    const done = app.rotate(db.resource)
    const refused = expect(done).rejects.toMatchObject({ code: 'HAS_DEPENDENTS', details: { dependents: ['late'] } })
    await world.clock.advance(10)
    await world.clock.run(app.add(world.traced('late', { dependsOn: { db: db.resource } })))
    await world.clock.run(refused)
    expect(live.current).toBe('db')
    expect(
      app
        .inspect()
        .resources.map(({ name }) => name)
        .sort(),
    ).toEqual(['db', 'late', 'user'])
    await world.clock.run(app.shutdown())
  })

  test('V1 one at a time', async () => {
    const world = scene()
    const { app, db } = await rotatable(world, { start: () => world.delay(50, 'db') })
    const done = app.rotate(db.resource)
    await expect(app.rotate(db.resource)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await world.clock.run(done)
    await world.clock.run(app.rotate(db.resource))
    await world.clock.run(app.shutdown())
  })

  test('V1 a shutdown while the new instance starts stops both, and the next start knows nothing of it', async () => {
    const world = scene()
    const { app, db } = await rotatable(world, { start: () => world.delay(50, 'db') })
    const aborted = expect(app.rotate(db.resource)).rejects.toMatchObject({ code: 'ABORTED' })
    await world.clock.advance(10)
    const report = await world.clock.run(app.shutdown())
    await aborted
    expect(report.outcomes.map(({ resource }) => resource).sort()).toEqual(['db', 'db (rotation)', 'user'])
    await world.clock.run(app.start())
    expect(app.inspect().resources.map(({ name }) => name)).toEqual(['db', 'user'])
    await world.clock.run(app.rotate(db.resource))
    await world.clock.run(app.shutdown())
  })

  test('V1 a shutdown while the old instance drains waits for its leases', async () => {
    const world = scene()
    const { app, db, live } = await rotatable(world)
    const work = live.use((value) => world.delay(100, value))
    const rotated = app.rotate(db.resource).catch((error: unknown) => error)
    await world.clock.advance(10)
    expect(live.current).toBe('db#2')
    const down = app.shutdown()
    expect(await world.clock.run(work)).toBe('db#1')
    expect((await world.clock.run(down)).ok).toBe(true)
    expect(await rotated).toMatchObject({ code: 'ABORTED' })
    expect(plain(world.log).filter((line) => line === 'stop db')).toHaveLength(2)
  })

  test('V1 a crash of the old instance before the new one is there restarts it, and the rotation is given up', async () => {
    const world = scene()
    const { app, db } = await rotatable(world, { start: () => world.delay(50, 'db'), restart: ONCE })
    const given = expect(app.rotate(db.resource)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await world.clock.advance(40)
    db.contexts[0]!.crashed(new Error('gone'))
    await world.clock.advance(500)
    await given
    expect(stateOf(app, 'db')).toBe('running')
    expect(app.inspect().resources).toHaveLength(2)
    await world.clock.run(app.shutdown())
  })

  test('V1 a restart of what it depends on takes the new instance along', async () => {
    const world = scene()
    const secrets = handled(world, 'secrets')
    const db = handled(world, 'db', { dependsOn: { secrets: secrets.resource }, start: () => world.delay(50, 'db') })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    const rotation = app.rotate(db.resource).catch((error: { code: string }) => error.code)
    await world.clock.advance(10)
    await world.clock.run(app.restart(secrets.resource))
    await world.clock.run(rotation)
    expect(plain(world.log).filter((line) => line.includes('secrets'))).toEqual([
      'start secrets',
      'stop secrets',
      'start secrets',
    ])
    const down = plain(world.log).indexOf('stop secrets')
    expect(
      plain(world.log)
        .slice(0, down)
        .filter((line) => line === 'stop db').length,
    ).toBeGreaterThan(0)
    expect(stateOf(app, 'db')).toBe('running')
    expect(app.inspect().resources).toHaveLength(2)
    await world.clock.run(app.shutdown())
  })

  test('V1 a stop of the old instance that fails is thrown, and the new one is in its place', async () => {
    const world = scene()
    let made = 0
    const db = resource('db', {
      start: () => ++made,
      stop: (value) => {
        if (value === 1) throw new Error('stuck')
      },
    })
    const app = await world.clock.run(world.kernel([db]).start())
    await expect(world.clock.run(app.rotate(db))).rejects.toMatchObject({
      report: { errors: [expect.objectContaining({ code: 'STOP_FAILED' })] },
    })
    expect(app.get(db)).toBe(2)
    expect((await world.clock.run(app.shutdown())).ok).toBe(true)
  })

  test('V1 what it activates and quiesces follows the instances', async () => {
    const world = scene()
    const told: string[] = []
    const { app, db } = await rotatable(world, {
      activate: (value) => void told.push(`activate ${value}`),
      quiesce: (value) => void told.push(`quiesce ${value}`),
    })
    await world.clock.run(app.rotate(db.resource))
    await world.clock.run(app.shutdown())
    expect(told).toEqual(['activate db#1', 'activate db#2', 'quiesce db#1', 'quiesce db#2'])
  })

  test('V1 is refused where the kernel or the resource does not run', async () => {
    const world = scene()
    const db = world.traced('db')
    const app = world.kernel([db, resource('lost', { impact: 'degraded', start: () => Promise.reject(new Error('no')) })])
    await expect(app.rotate(db)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await world.clock.run(app.start())
    await expect(app.rotate(resource('other', { start: () => 1 }))).rejects.toMatchObject({ code: 'UNKNOWN_RESOURCE' })
    await world.clock.run(app.shutdown())
  })

  test('V1 S5 is refused while a value that came too late holds its value, and is being released', async () => {
    const world = scene()
    const db = world.traced('db')
    const late = world.traced('late', {
      dependsOn: { db },
      impact: 'degraded',
      timeouts: { start: 10 },
      start: () => world.delay(50),
      stopMs: 30,
    })
    const app = await world.clock.run(world.kernel([late]).start())
    await world.clock.advance(45)
    await expect(app.rotate(db)).rejects.toMatchObject({ code: 'HAS_DEPENDENTS', details: { dependents: ['late'] } })
    await world.clock.advance(30)
    await world.clock.run(app.rotate(db))
    expect(plain(world.log).slice(-4)).toEqual(['stop late', 'stopped late', 'start db', 'stop db'])
    await world.clock.run(app.shutdown())
  })

  test('V1 tells when the new instance is in place', async () => {
    const world = scene()
    const { app, db } = await rotatable(world, { start: () => world.delay(50, 'db') })
    const told: number[] = []
    app.on('resource:rotated', ({ resource, durationMs }) => {
      expect(resource).toBe('db')
      told.push(durationMs)
    })
    await world.clock.run(app.rotate(db.resource))
    expect(told).toEqual([50])
    await world.clock.run(app.shutdown())
  })
})

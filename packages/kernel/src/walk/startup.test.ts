import { describe, expect, test } from 'vitest'
import { createKernel, optional, ref, resource } from '../index.js'
import { keelsonError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

describe('S1 a resource starts the moment its last dependency runs', () => {
  test('S1 per edge, with no waves: a slow neighbour delays nobody but its dependents', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    const slow = traced('slow', { startMs: 100 })
    const fast = traced('fast', { startMs: 10 })
    const onFast = traced('onFast', { dependsOn: { fast }, startMs: 10 })
    const onBoth = traced('onBoth', { dependsOn: { slow, onFast }, startMs: 1 })
    const app = kernel([onBoth])
    await clock.run(app.start())
    expect(log).toEqual([
      'start slow',
      'start fast',
      'up fast',
      'start onFast',
      'up onFast',
      'up slow',
      'start onBoth',
      'up onBoth',
    ])
    expect(elapsed()).toBe(101)
    await app.shutdown()
  })

  test('S1 the makespan is the critical path', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const a = traced('a', { startMs: 30 })
    const b = traced('b', { startMs: 20, dependsOn: { a } })
    const c = traced('c', { startMs: 45 })
    const d = traced('d', { startMs: 7, dependsOn: { b, c } })
    const app = kernel([d])
    await clock.run(app.start())
    expect(elapsed()).toBe(57)
    expect(app.plan()).toMatchObject({ criticalPath: ['a', 'b', 'd'], startMs: 57 })
    await app.shutdown()
  })

  test('S1 the start hook receives each value under the field it was asked for by', async () => {
    const { clock, kernel, traced, delay } = scene()
    const db = traced('db', { startMs: 5 })
    const one = resource('one', { start: () => delay(1, 1) })
    const nothing = resource('nothing', { start: () => undefined })
    const user = resource('user', {
      dependsOn: { primary: db, replica: db, one, nothing, maybe: optional(one), live: ref(one) },
      start: ({ live, ...values }) => ({ ...values, live: live.get() }),
    })
    const app = await clock.run(kernel([user]).start())
    expect(app.get(user)).toEqual({ primary: 'db', replica: 'db', one: 1, nothing: undefined, maybe: 1, live: 1 })
    await app.shutdown()
  })

  test('S1 after orders without passing anything', async () => {
    const { clock, kernel, log, traced } = scene()
    const migrations = traced('migrations', { startMs: 5 })
    let received: object | undefined
    const api = traced('api', {
      after: [migrations],
      start: (deps) => {
        received = deps
      },
    })
    const app = await clock.run(kernel([api]).start())
    expect(log).toEqual(['start migrations', 'up migrations', 'start api'])
    expect(Reflect.ownKeys(received!)).toEqual([])
    await app.shutdown()
  })

  test('S1 an empty kernel starts and stops', async () => {
    const app = createKernel()
    expect((await app.start()).probe().status).toBe('ready')
    expect(await app.shutdown()).toMatchObject({ ok: true, outcomes: [], errors: [] })
    expect(app.state).toBe('stopped')
  })
})

describe('concurrency', () => {
  test.each([
    [1, 60],
    [2, 30],
    [3, 20],
    [6, 10],
    [Infinity, 10],
  ])('at most %d start hooks run at the same time', async (concurrency, makespan) => {
    const { clock, kernel, delay, elapsed } = scene()
    let [running, most] = [0, 0]
    const start = async () => {
      most = Math.max(most, ++running)
      await delay(10)
      running--
    }
    const app = kernel(
      Array.from({ length: 6 }, (_, i) => resource(`r${i}`, { start })),
      { concurrency },
    )
    await clock.run(app.start())
    expect(most).toBe(Math.min(concurrency, 6))
    expect(elapsed()).toBe(makespan)
    await app.shutdown()
  })

  test('a start hook counts until its first check has passed, and a failed one makes room', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const app = kernel(
      [
        traced('a', { startMs: 5, check: () => delay(5) }),
        traced('b', { start: () => delay(5).then(() => Promise.reject(new Error('no'))), impact: 'none' }),
        traced('c'),
      ],
      { concurrency: 1 },
    )
    const started = app.start()
    await clock.advance(9)
    expect(log).toEqual(['start a', 'up a'])
    await clock.advance(1)
    expect(log.at(-1)).toBe('start b')
    await clock.advance(5)
    expect(log.at(-1)).toBe('start c')
    await clock.run(started)
    await clock.run(app.shutdown())
  })

  test('a resource that cannot start because its dependency failed takes no place', async () => {
    const { clock, kernel, log, traced } = scene()
    const broken = traced('broken', { start: () => Promise.reject(new Error('no')), impact: 'none' })
    const hopeless = Array.from({ length: 3 }, (_, i) => traced(`hopeless${i}`, { dependsOn: { broken }, impact: 'none' }))
    const app = await clock.run(kernel([...hopeless, traced('fine')], { concurrency: 1 }).start())
    expect(log).toEqual(['start broken', 'start fine'])
    await app.shutdown()
  })
})

describe('start()', () => {
  test('is one promise however often it is called, and resolves to the kernel', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([traced('a', { startMs: 5 })])
    const first = app.start()
    expect(app.start()).toBe(first)
    expect(await clock.run(first)).toBe(app)
    expect(app.start()).toBe(first)
    expect(log).toEqual(['start a', 'up a'])
    await app.shutdown()
  })

  test('has called the hooks without dependencies by the time it returns', async () => {
    const { kernel, log, traced } = scene()
    const app = kernel([traced('a'), traced('b')])
    expect(app.state).toBe('idle')
    const started = app.start()
    expect(log).toEqual(['start a', 'start b'])
    await started
    expect(app.state).toBe('running')
    await app.shutdown()
  })

  test('may be called from inside a hook and gives the same promise', async () => {
    const { kernel } = scene()
    let inner: Promise<unknown> | undefined
    const app = kernel([
      resource('a', {
        start: () => {
          inner = app.start()
        },
      }),
    ])
    const outer = app.start()
    expect(inner).toBe(outer)
    await outer
    await app.shutdown()
  })

  test.each(['draining', 'stopping'])('is refused while the kernel is %s', async (state) => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { stopMs: 10 })], { shutdown: { delay: 10 } })
    await app.start()
    const stopped = app.shutdown()
    if (state === 'stopping') await clock.advance(10)
    expect(app.state).toBe(state)
    await expect(app.start()).rejects.toMatchObject({ name: 'KeelsonError', code: 'INVALID_STATE', details: { state } })
    await clock.run(stopped)
  })
})

describe('get()', () => {
  test('gives the value of a running resource, also undefined, null and false', async () => {
    const { kernel } = scene()
    const values = [undefined, null, false, 0, '', Number.NaN].map((value, i) => resource(`v${i}`, { start: () => value }))
    const app = await kernel(values).start()
    expect(values.map((value) => app.get(value))).toEqual([undefined, null, false, 0, '', Number.NaN])
    await app.shutdown()
  })

  test('throws NOT_STARTED before it runs, while it starts, after it stopped and when it failed', async () => {
    const { clock, kernel, traced } = scene()
    const a = traced('a', { startMs: 5 })
    const broken = traced('broken', { start: () => Promise.reject(new Error('no')), impact: 'none' })
    const app = kernel([a, broken])
    const refused = { code: 'NOT_STARTED', resource: 'a' }
    expect(keelsonError(() => app.get(a))).toMatchObject({ ...refused, details: { state: 'idle' } })
    const started = app.start()
    expect(keelsonError(() => app.get(a))).toMatchObject({ ...refused, details: { state: 'starting' } })
    await clock.run(started)
    expect(app.get(a)).toBe('a')
    expect(keelsonError(() => app.get(broken))).toMatchObject({ code: 'NOT_STARTED', details: { state: 'failed' } })
    await app.shutdown()
    expect(keelsonError(() => app.get(a))).toMatchObject({ ...refused, details: { state: 'stopped' } })
  })

  test('throws UNKNOWN_RESOURCE for one that the kernel has not, also of the same name', async () => {
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')]).start()
    expect(keelsonError(() => app.get(traced('b')))).toMatchObject({ code: 'UNKNOWN_RESOURCE', resource: 'b' })
    expect(keelsonError(() => app.get(traced('a')))).toMatchObject({ code: 'UNKNOWN_RESOURCE', resource: 'a' })
    expect(keelsonError(() => app.get(5 as never)).code).toBe('INVALID_OPTION')
    await app.shutdown()
  })

  test('works as soon as the resource runs, while others still start', async () => {
    const { clock, kernel, traced } = scene()
    const quick = traced('quick')
    const app = kernel([quick, traced('slow', { startMs: 50 })])
    const started = app.start()
    expect(app.get(quick)).toBe('quick')
    await clock.run(started)
    await app.shutdown()
  })
})

test('nothing happens before start(), however the kernel was looked at', () => {
  const { kernel } = scene()
  const app = kernel([resource('a', { start: hang, check: hang, stop: hang })])
  app.plan()
  app.inspect()
  app.timeline()
  expect(app.probe().status).toBe('idle')
})

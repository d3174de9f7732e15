import { describe, expect, test } from 'vitest'
import { optional, ref, resource } from '../index.js'
import { keelsonError, shutdownError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

describe('inspect()', () => {
  test('of one resource is what inspect() of all has of it, also in a hook', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { check: () => true, labels: { tier: 'data' } })
    let seen: unknown
    const api = traced('api', {
      dependsOn: { db },
      start: (_, ctx) => {
        seen = ctx.kernel.inspect(db).state
        return 'api'
      },
    })
    const app = await clock.run(kernel([api]).start())
    expect(app.inspect().resources).toEqual([app.inspect(db), app.inspect(api)])
    expect(app.inspect(api)).toMatchObject({ name: 'api', dependsOn: [{ resource: 'db', kind: 'required' }] })
    expect(seen).toBe('running')
    expect(keelsonError(() => app.inspect(traced('other'))).code).toBe('UNKNOWN_RESOURCE')
    await clock.run(app.remove(api))
    expect(keelsonError(() => app.inspect(api)).code).toBe('UNKNOWN_RESOURCE')
    await clock.run(app.shutdown())
    expect(app.inspect(db).state).toBe('stopped')
  })

  test('is plain JSON that shows nodes, edges, states, health and timings', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { startMs: 5, stopMs: 3, labels: { tier: 'data' }, check: () => true, monitor: { interval: 10 } })
    const cache = traced('cache', { impact: 'degraded' })
    const api = traced('api', { dependsOn: { db, cache: optional(cache) }, after: [cache], drainMs: 2 })
    const watcher = traced('watcher', { dependsOn: { db: ref(db) } })
    const app = await clock.run(kernel([api, watcher], { name: 'shop' }).start())
    await clock.advance(10)
    const snapshot = app.inspect()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    expect(snapshot).toMatchObject({ name: 'shop', state: 'running', probe: { status: 'ready' } })
    const [first, , third, fourth] = snapshot.resources
    expect(first).toMatchObject({
      name: 'db',
      state: 'running',
      health: 'healthy',
      impact: 'unready',
      labels: { tier: 'data' },
      startMs: 5,
      checks: [{ ok: true, durationMs: 0 }],
    })
    expect(clock.now() - first!.startedAt!).toBe(15)
    expect(third!.dependsOn).toMatchObject([
      { resource: 'db', kind: 'required' },
      { resource: 'cache', kind: 'optional' },
      { resource: 'cache', kind: 'after' },
    ])
    expect(fourth!.dependsOn).toMatchObject([{ resource: 'db', kind: 'ref' }])
    await clock.run(app.shutdown())
    expect(app.inspect().resources.map(({ name, state, drainMs, stopMs }) => ({ name, state, drainMs, stopMs }))).toMatchObject([
      { name: 'db', state: 'stopped', stopMs: 3 },
      { name: 'cache', state: 'stopped', stopMs: 0 },
      { name: 'api', state: 'stopped', drainMs: 2, stopMs: 0 },
      { name: 'watcher', state: 'stopped' },
    ])
  })

  test('shows every state on the way', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { startMs: 10, drainMs: 10, stopMs: 10 })], { shutdown: { delay: 10 } })
    const seen: string[] = []
    const look = () => seen.push(`${app.inspect().state} ${app.inspect().resources[0]!.state}`)
    look()
    const started = app.start()
    look()
    await clock.run(started)
    look()
    const stopped = app.shutdown()
    look()
    for (let i = 0; i < 3; i++) {
      await clock.advance(10)
      look()
    }
    await stopped
    expect(seen).toEqual([
      'idle idle',
      'starting starting',
      'running running',
      'draining running',
      'stopping draining',
      'stopping stopping',
      'stopped stopped',
    ])
  })

  test('tells why a resource failed, never by a value or a stack', async () => {
    const { clock, kernel } = scene()
    const app = kernel([resource('a', { impact: 'none', start: () => Promise.reject(new Error('refused')) })])
    await clock.run(app.start())
    const [a] = app.inspect().resources
    expect(a!.error).toContain('refused')
    expect(JSON.stringify(a)).not.toContain('at ')
    await app.shutdown()
  })

  test('is a copy: changing it changes nothing', async () => {
    const { kernel } = scene()
    const labels = { team: 'orders' }
    const app = await kernel([resource('a', { start: () => 1, labels })]).start()
    const snapshot = app.inspect()
    ;(snapshot.resources[0]!.labels as Record<string, string>).team = 'changed'
    expect(app.inspect().resources[0]!.labels).toEqual({ team: 'orders' })
    expect(labels.team).toBe('orders')
    await app.shutdown()
  })
})

describe('the hook that goes on', () => {
  test('S9 is shown by inspect() and timeline(), in each phase, with its time', async () => {
    const { clock, kernel, delay } = scene()
    const db = resource('db', {
      start: () => delay(10),
      activate: () => delay(10),
      quiesce: () => delay(10),
      drain: () => delay(10),
      stop: () => delay(10),
    })
    const app = kernel([db])
    const seen: unknown[] = []
    const look = async (ms: number) => {
      await clock.advance(ms)
      const open = app.timeline().filter(({ end }) => end === undefined)
      seen.push([app.inspect(db).hook, open.map(({ phase }) => phase)])
    }
    expect(app.inspect(db)).not.toHaveProperty('hook')
    const started = app.start()
    for (const ms of [4, 10, 10]) await look(ms)
    await started
    const ended = app.shutdown()
    for (const ms of [4, 10, 10]) await look(ms)
    await clock.run(ended)
    await look(1)
    expect(seen).toEqual([
      [{ phase: 'start', sinceMs: 4 }, ['start']],
      [{ phase: 'activate', sinceMs: 4 }, ['activate']],
      [undefined, []],
      [{ phase: 'quiesce', sinceMs: 4 }, ['quiesce']],
      [{ phase: 'drain', sinceMs: 4 }, ['drain']],
      [{ phase: 'stop', sinceMs: 4 }, ['stop']],
      [undefined, []],
    ])
  })

  test('R1 is the start, also between two tries', async () => {
    const { clock, kernel } = scene()
    const db = resource('db', { start: () => Promise.reject(new Error('no')), retry: { delay: 100, jitter: 0 } })
    const app = kernel([db])
    const started = app.start().catch(() => {})
    await clock.advance(50)
    expect(app.inspect(db).hook).toEqual({ phase: 'start', sinceMs: 50 })
    await clock.run(app.shutdown().catch(() => {}))
    await started
    expect(app.inspect(db)).not.toHaveProperty('hook')
  })
})

describe('timeline()', () => {
  test('has a span per hook, in order of their beginning', async () => {
    const { clock, kernel, traced } = scene()
    const origin = clock.now()
    const db = traced('db', { startMs: 10, stopMs: 5 })
    const api = traced('api', { dependsOn: { db }, startMs: 20, drainMs: 3, stopMs: 4 })
    const app = kernel([api])
    expect(app.timeline()).toEqual([])
    await clock.run(app.start())
    await clock.run(app.shutdown())
    const spans = app
      .timeline()
      .map(({ resource, phase, start, end, ok }) => `${resource} ${phase} ${start - origin}-${end! - origin} ${ok}`)
    expect(spans).toEqual([
      'db start 0-10 true',
      'api start 10-30 true',
      'api drain 30-33 true',
      'api stop 33-37 true',
      'db stop 37-42 true',
    ])
  })

  test('leaves the end open while a hook runs, and marks what failed', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([
      traced('fails', { impact: 'none', start: () => Promise.reject(new Error('no')) }),
      traced('slow', { startMs: 10, stop: hang, timeouts: { stop: 5 } }),
    ])
    const started = app.start()
    expect(app.timeline().find(({ resource }) => resource === 'slow')).not.toHaveProperty('end')
    await clock.run(started)
    expect(app.timeline().find(({ resource }) => resource === 'fails')).toMatchObject({ phase: 'start', ok: false })
    await clock.run(shutdownError(app.shutdown()))
    expect(app.timeline().at(-1)).toMatchObject({ resource: 'slow', phase: 'stop', ok: false })
  })

  test('is that of the last run', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { startMs: 5 })])
    for (let i = 0; i < 3; i++) {
      await clock.run(app.start())
      await clock.run(app.shutdown())
    }
    expect(app.timeline().map(({ phase }) => phase)).toEqual(['start', 'stop'])
  })
})

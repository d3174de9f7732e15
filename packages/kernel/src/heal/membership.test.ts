import { describe, expect, test } from 'vitest'
import { type Kernel, optional, ref, resource, StartError } from '../index.js'
import { rejection } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

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
    expect(await rejection(app.add(late))).toMatchObject({ code: 'INVALID_STATE', message: expect.stringContaining(state) })
    if (started !== undefined) await clock.run(started)
    await clock.run(app.shutdown())
    expect(names(app)).toEqual(['slow'])
  })
})

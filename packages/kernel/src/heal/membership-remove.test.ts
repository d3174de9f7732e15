import { describe, expect, test } from 'vitest'
import { type Kernel, optional, ref, resource } from '../index.js'
import { rejection, shutdownError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

const names = (app: Kernel) => app.inspect().resources.map(({ name }) => name)

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

import { describe, expect, test } from 'vitest'
import { type KernelEvent, resource, type StartContext } from '../index.js'
import { shutdownError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('E1 events', () => {
  test('E1 tell the whole life in order', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { startMs: 5, check: () => true, monitor: { interval: 100 } })
    const api = traced('api', { dependsOn: { db }, drainMs: 5 })
    const app = kernel([api], { shutdown: { delay: 150 } })
    const log = recordEvents(app)
    await clock.run(app.start())
    await clock.run(app.shutdown())
    expect(log.lines()).toEqual([
      'kernel: idle → starting',
      'probe: idle → starting',
      'db: idle → starting',
      'db: check passed',
      'db: unknown → healthy',
      'db: starting → running',
      'api: idle → starting',
      'api: starting → running',
      'kernel: starting → running',
      'probe: starting → ready',
      'kernel: running → draining',
      'probe: ready → draining',
      'db: check passed',
      'kernel: draining → stopping',
      'probe: draining → stopping',
      'api: running → draining',
      'api: draining → stopping',
      'api: stopping → stopped',
      'db: running → stopping',
      'db: stopping → stopped',
      'kernel: stopping → stopped',
      'probe: stopping → stopped',
    ])
  })

  test('E1 each carries its type and when it was, and is frozen', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const app = kernel([traced('a', { startMs: 25 })])
    const seen: [string, number][] = []
    const origin = clock.now()
    app.on('event', (event) => {
      expect(Object.isFrozen(event)).toBe(true)
      expect(event.at - origin).toBe(elapsed())
      seen.push([event.type, event.at - origin])
    })
    await clock.run(app.start())
    expect(seen).toEqual([
      ['kernel:state', 0],
      ['probe:change', 0],
      ['resource:state', 0],
      ['resource:state', 25],
      ['kernel:state', 25],
      ['probe:change', 25],
    ])
    await app.shutdown()
  })

  test('E1 a listener of one type hears that type only; "event" hears every one, after it', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    const heard: string[] = []
    app.on('event', ({ type }) => heard.push(`event ${type}`))
    app.on('kernel:state', ({ to }) => heard.push(`state ${to}`))
    await app.start()
    expect(heard.filter((line) => line.includes('state')).slice(0, 2)).toEqual(['state starting', 'event kernel:state'])
    expect(heard.filter((line) => line.startsWith('state '))).toEqual(['state starting', 'state running'])
    await app.shutdown()
  })

  test('E1 every type is told by what causes it', async () => {
    const { clock, kernel, traced, delay } = scene()
    const contexts: StartContext[] = []
    const app = kernel([
      traced('late', { impact: 'none', timeouts: { start: 5 }, start: () => delay(50, 'late') }),
      resource('a', { start: (_, ctx) => contexts.push(ctx), check: () => true, monitor: { interval: 10 } }),
    ])
    const types = new Set<string>()
    app.on('event', ({ type }) => types.add(type))
    app.on('check:result', () => {
      throw new Error('listener')
    })
    await clock.run(app.start())
    await clock.advance(100)
    await clock.run(app.shutdown())
    expect([...types].sort()).toEqual([
      'check:result',
      'health:change',
      'kernel:state',
      'listener:error',
      'probe:change',
      'resource:error',
      'resource:orphan',
      'resource:state',
    ])
  })

  test('E1 once hears once, off hears no more, and off of a stranger is nothing', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    const heard: string[] = []
    const listener = ({ to }: { to: string }) => heard.push(to)
    const gone = ({ to }: { to: string }) => heard.push(`gone ${to}`)
    app
      .once('kernel:state', listener)
      .on('kernel:state', gone)
      .off('kernel:state', gone)
      .off('kernel:state', () => {})
    app.once('kernel:state', gone).off('kernel:state', gone)
    await app.start()
    await app.shutdown()
    expect(heard).toEqual(['starting'])
  })

  test('E1 one listener may listen to several types', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    const heard: string[] = []
    const listener = ({ type }: KernelEvent) => heard.push(type)
    app.on('kernel:state', listener).on('probe:change', listener).on('event', listener)
    app.off('event', listener)
    await app.start()
    expect(heard).toEqual(['kernel:state', 'probe:change', 'kernel:state', 'probe:change'])
    await app.shutdown()
  })

  test('E1 errors are told as they happen, with resource, phase and the wrapped cause', async () => {
    const { clock, kernel, traced } = scene()
    const thrown = new Error('no')
    const app = await kernel([traced('a', { drain: () => Promise.reject(thrown), stop: () => Promise.reject(thrown) })]).start()
    const log = recordEvents(app)
    const { errors } = await clock.run(shutdownError(app.shutdown()))
    const told = log.events.flatMap((event) => (event.type === 'resource:error' ? [event] : []))
    expect(told).toMatchObject([
      { resource: 'a', phase: 'drain', error: { code: 'DRAIN_FAILED', cause: thrown } },
      { resource: 'a', phase: 'stop', error: { code: 'STOP_FAILED', cause: thrown } },
    ])
    expect(told.map(({ error }) => error)).toEqual(errors)
  })

  test('E1 nothing is thrown or printed when nobody listens', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { impact: 'none', start: () => Promise.reject(new Error('no')) })])
    await clock.run(app.start())
    await app.shutdown()
    expect(app.state).toBe('stopped')
  })
})

describe('recordEvents()', () => {
  test('records from now on, until it is stopped', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    await app.start()
    const log = recordEvents(app)
    expect(log.events).toEqual([])
    const stopped = app.shutdown()
    log.stop()
    const { length } = log.events
    await stopped
    await app.start()
    expect(log.events).toHaveLength(length)
    await app.shutdown()
  })
})

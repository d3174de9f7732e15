import { describe, expect, test } from 'vitest'
import { createKernel, type KernelEvent, type KernelState } from '../index.js'
import { keelsonError, startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

describe('E2 a listener that fails', () => {
  test.each([
    [
      'throws',
      (thrown: unknown) => {
        throw thrown
      },
    ],
    ['rejects', (thrown: unknown) => Promise.reject(thrown)],
    [
      'rejects through a thenable',
      (thrown: unknown) => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(thrown) }),
    ],
  ])('[A3] E2 %s: it is reported as listener:error and disturbs neither the kernel nor other listeners', async (_, fail) => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([traced('a')])
    const thrown = new Error('listener')
    const errors: KernelEvent[] = []
    app.on('kernel:state', () => fail(thrown))
    app.on('kernel:state', ({ to }) => log.push(to))
    app.on('listener:error', (event) => errors.push(event))
    await app.start()
    await app.shutdown()
    await clock.settle()
    expect(log).toEqual(['starting', 'start a', 'running', 'draining', 'stopping', 'stop a', 'stopped'])
    expect(errors).toHaveLength(5)
    expect(errors[0]).toMatchObject({ type: 'listener:error', event: 'kernel:state', error: thrown })
  })

  test('E2 a throwing listener of listener:error is swallowed', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')])
    let calls = 0
    app.on('event', () => {
      throw new Error('every event')
    })
    app.on('listener:error', () => {
      calls++
      throw new Error('even here')
    })
    app.on('listener:error', async () => {
      throw new Error('and here')
    })
    await app.start()
    await app.shutdown()
    await clock.settle()
    expect(calls).toBeGreaterThan(0)
    expect(app.state).toBe('stopped')
  })

  test('E2 whatever it throws', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    const thrown: unknown[] = []
    for (const value of [undefined, null, 'text', Object.freeze(new Error('frozen'))]) {
      app.once('kernel:state', () => {
        throw value
      })
    }
    app.on('listener:error', ({ error }) => thrown.push(error))
    await app.start()
    expect(thrown).toMatchObject([undefined, null, 'text', { message: 'frozen' }])
    await app.shutdown()
  })

  test('E2 a listener taken away, or put in, by another one', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    const heard: string[] = []
    const second = ({ to }: { to: KernelState }) => heard.push(`second ${to}`)
    app.on('kernel:state', ({ to }) => {
      heard.push(`first ${to}`)
      app.off('kernel:state', second)
      if (to === 'starting') app.on('kernel:state', ({ to }) => heard.push(`third ${to}`))
    })
    app.on('kernel:state', second)
    await app.start()
    expect(heard.filter((line) => line.includes('running'))).toEqual(['first running', 'third running'])
    await app.shutdown()
  })
})

describe('E2 a listener may call shutdown()', () => {
  test.each(['starting', 'running', 'draining', 'stopping', 'stopped'] as const)('E2 when it hears of "%s"', async (at) => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([traced('a', { stopMs: 5, check: () => true }), traced('b', { start: async () => 'b' })])
    let stopped: Promise<unknown> | undefined
    app.on('kernel:state', ({ to }) => {
      if (to === at) stopped ??= app.shutdown('from a listener')
    })
    const errors: unknown[] = []
    app.on('listener:error', ({ error }) => errors.push(error))
    const started = app.start().catch((error: unknown) => error)
    await clock.run(started)
    await clock.run(app.shutdown('outside'))
    expect(await clock.run(stopped!)).toMatchObject({
      ok: true,
      reason: at === 'starting' || at === 'running' ? 'from a listener' : 'outside',
    })
    expect(errors).toEqual([])
    expect(app.state).toBe('stopped')
    expect(log.filter((line) => line.startsWith('start')).length, 'all that started was stopped').toBe(
      log.filter((line) => line.startsWith('stop ')).length,
    )
    if (at === 'starting') expect(await started).toMatchObject({ code: 'START_FAILED', errors: [{ code: 'ABORTED' }] })
    else expect(await started).toBe(app)
  })

  test.each(['starting', 'running'])('E2 when it hears that a resource is %s', async (at) => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a')
    const app = kernel([traced('b', { dependsOn: { a } }), traced('c')])
    let stopped: Promise<unknown> | undefined
    app.on('resource:state', ({ resource, to }) => {
      if (resource === 'a' && to === at) stopped ??= app.shutdown()
    })
    const errors: unknown[] = []
    app.on('listener:error', ({ error }) => errors.push(error))
    const { errors: causes } = await clock.run(startError(app.start()))
    expect(causes[0]).toMatchObject({ code: 'ABORTED' })
    expect(await clock.run(stopped!)).toMatchObject({ ok: true })
    expect(log.includes('start b') || log.includes('start c'), 'something new was started').toBe(false)
    expect(log.includes('start a')).toBe(log.includes('stop a'))
    expect(errors).toEqual([])
    expect(app.state).toBe('stopped')
  })

  test('E2 a start hook that is called after the shutdown was asked for sees an aborted signal', async () => {
    const { clock, kernel, traced } = scene()
    let aborted: boolean | undefined
    const app = kernel([
      traced('a', {
        start: (_, { signal }) => {
          aborted = signal.aborted
          return 'a'
        },
      }),
    ])
    app.on('resource:state', ({ to }) => to === 'starting' && void app.shutdown())
    await clock.run(startError(app.start()))
    await clock.run(app.shutdown())
    expect(aborted ?? true, 'not called, or told').toBe(true)
  })

  test('E2 when it hears of an error, a health or a probe', async () => {
    for (const type of ['resource:error', 'health:change', 'probe:change', 'check:result'] as const) {
      const { clock, kernel, traced } = scene()
      let ok = true
      const app = kernel([
        traced('mail', { impact: 'none', start: () => Promise.reject(new Error('no')) }),
        traced('a', { check: () => ok, monitor: { interval: 10, failureThreshold: 1 } }),
      ])
      if (type !== 'resource:error') await clock.run(app.start())
      let stopped: Promise<unknown> | undefined
      app.on(type, () => {
        stopped ??= app.shutdown(type)
      })
      const started = app.start().catch((error: unknown) => error)
      ok = false
      if (type !== 'resource:error') await clock.advance(10)
      await clock.run(started)
      expect(await clock.run(stopped!), type).toMatchObject({ ok: true, reason: type })
      expect(app.state).toBe('stopped')
      expect(clock.pending, type).toBe(0)
    }
  })

  test.each(['failed', 'stopped'])('D7 start() when it hears of "%s" is a new start', async (at) => {
    const { clock, kernel, log, traced } = scene()
    let broken = at === 'failed'
    const app = kernel([traced('a', { start: async () => (broken ? Promise.reject(new Error('no')) : 'a') })])
    let again: Promise<unknown> | undefined
    app.on('kernel:state', ({ to }) => {
      if (to !== at || again !== undefined) return
      broken = false
      again = app.start()
    })
    const first = app.start()
    if (at === 'failed') await clock.run(startError(first))
    else {
      await clock.run(first)
      await clock.run(app.shutdown())
    }
    expect(again).not.toBe(first)
    expect(await clock.run(again!)).toBe(app)
    expect(app.probe()).toMatchObject({ status: 'ready', live: true })
    await clock.run(app.shutdown())
    expect(log.filter((line) => line === 'start a')).toHaveLength(2)
  })

  test('E2 fail() when it hears of "starting"', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([traced('a')])
    app.on('kernel:state', ({ to }) => to === 'starting' && app.fail(new Error('not today')))
    const errors: unknown[] = []
    app.on('listener:error', ({ error }) => errors.push(error))
    const { errors: causes } = await clock.run(startError(app.start()))
    expect(errors).toEqual([])
    expect(causes[0]!.message).toContain('not today')
    expect(app.state).toBe('failed')
    expect(log).toEqual([])
  })
})

test('an event that does not exist is refused', () => {
  const app = createKernel()
  for (const method of ['on', 'once'] as const) {
    for (const type of ['nonsense', 'constructor', '', undefined, Symbol('s')]) {
      const error = keelsonError(() => app[method](type as never, () => {}))
      expect(error.code).toBe('INVALID_OPTION')
      expect(error.message).toMatch(/the event ".*" does not exist; listen to 'event' for all there are/)
    }
  }
  app.off('nonsense' as never, () => {})
})

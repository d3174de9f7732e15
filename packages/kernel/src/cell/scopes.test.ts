import { describe, expect, test } from 'vitest'
import { type HookContext, type KernelView, resource, type StopContext } from '../index.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

describe('ctx', () => {
  test('can be taken apart in every hook', async () => {
    const { clock, kernel, log } = scene()
    const a = resource('a', {
      start: (_, { name, signal, defer, extend, healthy, unhealthy, kernel }) => {
        defer(() => log.push('cleanup'))
        extend(5)
        healthy()
        unhealthy('no')
        healthy()
        log.push(`start ${name} ${signal.aborted} in ${kernel.name}`)
      },
      check: (_, { name, signal }) => log.push(`check ${name} ${signal.aborted}`),
      drain: (_, { name, signal, reason, deadline }) => log.push(`drain ${name} ${signal.aborted} ${reason} ${deadline > 0}`),
      stop: (_, { name, signal, reason, deadline }) => log.push(`stop ${name} ${signal.aborted} ${reason} ${deadline > 0}`),
    })
    const app = await clock.run(kernel([a], { name: 'shop' }).start())
    await clock.run(app.shutdown('deploy'))
    expect(log).toEqual([
      'start a false in shop',
      'check a false',
      'drain a false deploy true',
      'stop a false deploy true',
      'cleanup',
    ])
  })

  test('signal is one object however often it is read, also when it is first read after the abort', async () => {
    const { clock, kernel, delay } = scene()
    const seen: AbortSignal[] = []
    const late = resource('late', {
      timeouts: { start: 10 },
      start: async (_, ctx) => {
        await delay(50)
        seen.push(ctx.signal, ctx.signal)
        return 1
      },
    })
    await clock.run(startError(kernel([late]).start()))
    await clock.advance(40)
    expect(seen[0]).toBe(seen[1])
    expect(seen[0]).toBeInstanceOf(AbortSignal)
    expect(seen[0]).toMatchObject({ aborted: true, reason: { code: 'TIMEOUT', resource: 'late' } })
    expect(() => seen[0]!.throwIfAborted()).toThrow('did not finish its start')
  })

  test('signal of a start that succeeded does not abort when the kernel stops', async () => {
    const { kernel } = scene()
    let signal: AbortSignal | undefined
    const app = await kernel([
      resource('a', {
        start: (_, ctx) => {
          signal = ctx.signal
        },
      }),
    ]).start()
    await app.shutdown()
    expect(signal!.aborted).toBe(false)
  })

  test('reason is "shutdown" unless it was given, and deadline is when the hook is given up', async () => {
    const { clock, kernel, delay } = scene()
    const seen: [string, string, number][] = []
    const see =
      (hook: string) =>
      (_: unknown, { reason, deadline }: StopContext) => {
        seen.push([hook, reason, deadline - clock.now()])
        return delay(30)
      }
    const a = resource('a', { start: () => 1, drain: see('drain'), stop: see('stop'), timeouts: { drain: 200, stop: 100 } })
    const app = await kernel([a]).start()
    await clock.run(app.shutdown())
    expect(seen).toEqual([
      ['drain', 'shutdown', 200],
      ['stop', 'shutdown', 100],
    ])
  })

  test('deadline is Infinity when nothing bounds the hook', async () => {
    const { kernel } = scene()
    let deadline = 0
    const a = resource('a', {
      start: () => 1,
      timeouts: { stop: Infinity },
      stop: (_, ctx) => {
        deadline = ctx.deadline
      },
    })
    const app = await kernel([a], { shutdown: { timeout: Infinity } }).start()
    await app.shutdown()
    expect(deadline).toBe(Infinity)
  })

  test('kernel shows the kernel without a way to its resources', async () => {
    const { kernel, traced } = scene()
    let view: KernelView | undefined
    const states: string[] = []
    const a = traced('a', {
      start: (_, ctx) => {
        view = ctx.kernel
        const listener = ({ to }: { to: string }) => states.push(to)
        ctx.kernel.on('kernel:state', listener).once('kernel:state', ({ to }) => states.push(`once ${to}`))
      },
    })
    const app = await kernel([a], { name: 'shop' }).start()
    expect(view).toMatchObject({ name: 'shop', state: 'running' })
    expect(view!.probe()).toBe(app.probe())
    expect(view!.inspect()).toEqual(app.inspect())
    for (const key of ['get', 'start', 'shutdown', 'fail', 'register', 'add', 'remove', 'restart', 'defaults'])
      expect(key in view!).toBe(false)
    await app.shutdown()
    expect(states).toEqual(['running', 'once running', 'draining', 'stopping', 'stopped'])
  })

  test('kernel of ctx lets go of a listener', async () => {
    const { kernel, traced } = scene()
    const states: string[] = []
    const listener = ({ to }: { to: string }) => states.push(to)
    const a = traced('a', { start: (_, ctx) => void ctx.kernel.on('kernel:state', listener).off('kernel:state', listener) })
    await (await kernel([a]).start()).shutdown()
    expect(states).toEqual([])
  })
})

test('a stop that runs out of time sees its signal abort with the TIMEOUT as reason', async () => {
  const { clock, kernel } = scene()
  const contexts: HookContext[] = []
  const keep = (_: unknown, ctx: HookContext) => {
    contexts.push(ctx)
    return hang()
  }
  const a = resource('a', { start: () => 1, drain: keep, stop: keep, timeouts: { drain: 20, stop: 10 } })
  const app = await kernel([a]).start()
  const { errors } = await clock.run(shutdownError(app.shutdown()))
  expect(errors.map(({ phase, code }) => `${phase} ${code}`)).toEqual(['drain TIMEOUT', 'stop TIMEOUT'])
  expect(contexts.map(({ signal }) => signal.reason)).toEqual(errors)
})

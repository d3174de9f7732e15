import { describe, expect, test } from 'vitest'
import { resource, type StartContext } from '../index.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

describe('D5 defer', () => {
  test('D5 cleanups run last in, first out, one after the other, after stop', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const a = traced('a', {
      stopMs: 5,
      start: (_, { defer }) => {
        defer(() => log.push('first'))
        defer(() => delay(5).then(() => log.push('second')))
        defer(async () => log.push('third'))
        return 'a'
      },
    })
    const app = await kernel([a]).start()
    await clock.run(app.shutdown())
    expect(log).toEqual(['start a', 'stop a', 'stopped a', 'third', 'second', 'first'])
  })

  test('D5 dependencies are stopped only once the cleanups are over', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const db = traced('db')
    const a = resource('a', {
      dependsOn: { db },
      start: (_, { defer }) => defer(() => delay(10).then(() => log.push('cleaned'))),
    })
    const app = await kernel([a]).start()
    await clock.run(app.shutdown())
    expect(log).toEqual(['start db', 'cleaned', 'stop db'])
  })

  test('D5 they run after a start that failed half-way, before the rollback of what it depends on', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const db = traced('db')
    const a = traced('a', {
      dependsOn: { db },
      start: async (_, { defer }) => {
        defer(() => log.push('close file'))
        await delay(5)
        defer(() => delay(5).then(() => log.push('close socket')))
        throw new Error('half-way')
      },
    })
    await clock.run(startError(kernel([a]).start()))
    expect(log).toEqual(['start db', 'start a', 'close socket', 'close file', 'stop db'])
  })

  test('D5 they run after a synchronous failure, and after a timeout', async () => {
    const { clock, kernel, log, traced } = scene()
    const fails = traced('fails', {
      start: (_, { defer }) => {
        defer(() => log.push('cleanup'))
        throw new Error('no')
      },
    })
    await clock.run(startError(kernel([fails]).start()))
    const hangs = traced('hangs', {
      timeouts: { start: 10 },
      start: (_, { defer }) => {
        defer(() => log.push('cleanup'))
        return hang()
      },
    })
    await clock.run(startError(kernel([hangs]).start()))
    expect(log).toEqual(['start fails', 'cleanup', 'start hangs', 'cleanup'])
  })

  test('D5 after a failed first check the value is stopped, then the cleanups run', async () => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a', {
      timeouts: { start: 50 },
      start: (_, { defer }) => {
        defer(() => log.push('cleanup'))
        return 'a'
      },
      check: () => false,
    })
    await clock.run(startError(kernel([a]).start()))
    expect(log).toEqual(['start a', 'stop a', 'cleanup'])
  })

  test('D5 one that fails is reported, and keeps neither the others nor the stop of dependencies', async () => {
    const { clock, kernel, log, traced } = scene()
    const thrown = new Error('cleanup failed')
    const db = traced('db')
    const a = traced('a', {
      dependsOn: { db },
      start: (_, { defer }) => {
        defer(() => log.push('first'))
        defer(() => {
          throw thrown
        })
        defer(() => Promise.reject(thrown))
        return 'a'
      },
    })
    const app = await kernel([a]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log.slice(2)).toEqual(['stop a', 'first', 'stop db'])
    expect(report.errors).toMatchObject([
      { code: 'STOP_FAILED', resource: 'a', cause: thrown },
      { code: 'STOP_FAILED', resource: 'a', cause: thrown },
    ])
    expect(report.outcomes).toMatchObject([
      { resource: 'a', outcome: 'failed', error: report.errors[0] },
      { resource: 'db', outcome: 'stopped' },
    ])
  })

  test('D5 they run when stop has failed, too', async () => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a', {
      start: (_, { defer }) => {
        defer(() => log.push('cleanup'))
        return 'a'
      },
      stop: () => Promise.reject(new Error('no')),
    })
    const app = await kernel([a]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['start a', 'stop a', 'cleanup'])
    expect(report.outcomes).toMatchObject([{ outcome: 'failed' }])
  })

  test('D5 one that hangs is given up with the stop; the others have run or run then', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    const db = traced('db')
    const a = traced('a', {
      dependsOn: { db },
      timeouts: { stop: 50 },
      start: (_, { defer }) => {
        defer(() => log.push('first'))
        defer(hang)
        defer(() => log.push('last'))
        return 'a'
      },
    })
    const app = await kernel([a]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log.slice(2)).toEqual(['stop a', 'last', 'first', 'stop db'])
    expect(elapsed()).toBeLessThanOrEqual(1_050)
    expect(report.errors).toMatchObject([{ code: 'TIMEOUT', resource: 'a', phase: 'stop' }])
    expect(report.outcomes).toMatchObject([
      { resource: 'a', outcome: 'timed-out' },
      { resource: 'db', outcome: 'stopped' },
    ])
  })

  test('D5 a stop that hangs does not keep the cleanups from running', async () => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a', {
      timeouts: { stop: 50 },
      start: (_, { defer }) => {
        defer(() => log.push('first'))
        defer(() => log.push('last'))
        return 'a'
      },
      stop: hang,
    })
    const app = await kernel([a]).start()
    await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['start a', 'stop a', 'last', 'first'])
  })

  test('D5 may be called for the whole life of the instance', async () => {
    const { clock, kernel, log, traced } = scene()
    let ctx: StartContext | undefined
    const a = traced('a', {
      start: (_, given) => {
        ctx = given
        return 'a'
      },
    })
    const app = await kernel([a]).start()
    ctx!.defer(() => log.push('deferred while it ran'))
    await clock.run(app.shutdown())
    expect(log).toEqual(['start a', 'stop a', 'deferred while it ran'])
  })

  test('D5 a cleanup that defers another one has it run', async () => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a', {
      start: (_, { defer }) => {
        defer(() => {
          log.push('outer')
          defer(() => log.push('inner'))
        })
        return 'a'
      },
    })
    const app = await kernel([a]).start()
    await clock.run(app.shutdown())
    expect(log).toEqual(['start a', 'stop a', 'outer', 'inner'])
  })

  test('D5 what stop defers runs after it', async () => {
    const { clock, kernel, log, traced } = scene()
    let ctx: StartContext | undefined
    const a = traced('a', {
      start: (_, given) => {
        ctx = given
      },
      stop: () => ctx!.defer(() => log.push('deferred by stop')),
    })
    const app = await kernel([a]).start()
    await clock.run(app.shutdown())
    expect(log).toEqual(['start a', 'stop a', 'deferred by stop'])
  })

  test('D5 each run has its own', async () => {
    const { clock, kernel, log, traced } = scene()
    let run = 0
    const a = traced('a', {
      start: (_, { defer }) => {
        const mine = ++run
        defer(() => log.push(`cleanup ${mine}`))
        return 'a'
      },
    })
    const app = kernel([a])
    for (let i = 0; i < 2; i++) {
      await app.start()
      await clock.run(app.shutdown())
    }
    expect(log).toEqual(['start a', 'stop a', 'cleanup 1', 'start a', 'stop a', 'cleanup 2'])
  })

  test('D5 a resource that never started gets no stop and no cleanup', async () => {
    const { clock, kernel, log, traced } = scene()
    const never = traced('never', { dependsOn: { broken: traced('broken', { start: () => Promise.reject(new Error('no')) }) } })
    const { report } = await clock.run(startError(kernel([never]).start()))
    expect(log).toEqual(['start broken'])
    expect(report.outcomes).toMatchObject([
      { outcome: 'never-started', durationMs: 0 },
      { outcome: 'never-started', durationMs: 0 },
    ])
  })
})

describe('D5 a cleanup that registers itself again and again', () => {
  const CALLS = { synchronous: (again: () => void) => again(), asynchronous: async (again: () => void) => again() }

  test.each(Object.entries(CALLS))('%s: is told, and keeps nothing from ending', async (_, call) => {
    const { kernel, traced, clock, log } = scene()
    const below = traced('below')
    let calls = 0
    const app = kernel([
      traced('a', {
        dependsOn: { below },
        start: (_, { defer }) => {
          const again = (): unknown => {
            calls++
            return call(() => defer(again))
          }
          defer(again)
        },
      }),
    ])
    await app.start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(report.errors.map(({ message }) => message)).toEqual([
      'resource "a" registers cleanups in its cleanups without end, and the last were not run; call ctx.defer() in start',
    ])
    expect(calls).toBeGreaterThan(1_000)
    expect(calls).toBeLessThan(3_000)
    expect(log).toContain('stop below')
  })
})

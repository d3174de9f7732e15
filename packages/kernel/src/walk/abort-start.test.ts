import { describe, expect, test } from 'vitest'
import { KeelsonError, resource } from '../index.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('S7 shutdown() during start', () => {
  test('S7 starts nothing new, aborts what is in flight, waits for it, and stops what ran', async () => {
    const { clock, kernel, log, traced, delay, elapsed } = scene()
    const db = traced('db')
    const polite = traced('polite', {
      dependsOn: { db },
      start: (_, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            log.push('polite aborts')
            void delay(5).then(() => reject(signal.reason))
          }),
        ),
    })
    const never = traced('never', { dependsOn: { polite } })
    const app = kernel([never])
    const failed = startError(app.start())
    await clock.advance(10)
    const stopped = app.shutdown('deploy')
    expect(app.state).toBe('stopping')
    const report = await clock.run(stopped)
    expect(elapsed()).toBe(15)
    expect(log).toEqual(['start db', 'start polite', 'polite aborts', 'stop db'])
    expect(report).toMatchObject({ reason: 'deploy', ok: true })
    expect(report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`)).toEqual([
      'db stopped',
      'polite never-started',
      'never never-started',
    ])
    expect(app.state).toBe('stopped')
    expect((await failed).report).toBe(report)
  })

  test('S7 start() rejects with ABORTED inside, and the reason', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { startMs: 50 })])
    const failed = startError(app.start())
    await clock.run(app.shutdown('SIGTERM'))
    const { errors } = await failed
    expect(errors.some(({ code }) => code === 'ABORTED')).toBe(true)
    expect(errors[0]!.message).toContain('SIGTERM')
  })

  test('S7 goes straight from starting to stopping: it was never ready, so nothing is delayed', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const app = kernel([traced('a'), traced('b', { startMs: 100 })], { shutdown: { delay: 5_000 } })
    const log = recordEvents(app)
    const failed = startError(app.start())
    await clock.advance(10)
    await clock.run(app.shutdown())
    await failed
    expect(elapsed()).toBe(100)
    expect(log.lines().filter((line) => line.startsWith('kernel'))).toEqual([
      'kernel: idle → starting',
      'kernel: starting → stopping',
      'kernel: stopping → stopped',
    ])
  })

  test('S7 a value that an aborted start brings all the same is stopped in its turn', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { startMs: 20 })
    const slow = traced('slow', { startMs: 50 })
    const app = kernel([db, traced('user', { dependsOn: { db } }), slow])
    const failed = startError(app.start())
    await clock.advance(10)
    const report = await clock.run(app.shutdown())
    await failed
    expect(log.slice(0, 3), 'user is not started, though db came').toEqual(['start db', 'start slow', 'up db'])
    expect(log.indexOf('stop slow')).toBeGreaterThan(log.indexOf('up slow'))
    expect([...log].sort()).toEqual(['start db', 'start slow', 'stop db', 'stop slow', 'up db', 'up slow'])
    expect(report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`).sort()).toEqual([
      'db stopped',
      'slow stopped',
      'user never-started',
    ])
  })

  test('S7 a start that ignores the abort is waited for until its own timeout', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const app = kernel([traced('deaf', { start: hang, timeouts: { start: 300 } })])
    const failed = startError(app.start())
    await clock.advance(100)
    const stopped = app.shutdown().catch(() => {})
    await clock.run(stopped)
    expect(elapsed()).toBe(300)
    const { errors } = await failed
    expect(errors.map(({ code }) => code)).toEqual(['ABORTED', 'TIMEOUT'])
  })

  test('S7 a start without a timeout is waited for no longer than the shutdown may take, and leaves time for those below', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    const db = traced('db', { stopMs: 10 })
    const deaf = traced('deaf', { dependsOn: { db }, start: hang, timeouts: { start: Infinity } })
    const app = kernel([deaf], { shutdown: { timeout: 1_000 } })
    const failed = startError(app.start())
    await clock.advance(100)
    const report = await clock.run(app.shutdown().catch((error) => error.report))
    await failed
    expect(elapsed()).toBeLessThanOrEqual(1_100)
    expect(log).toEqual(['start db', 'start deaf', 'stop db', 'stopped db'])
    expect(report.outcomes[0]).toMatchObject({ resource: 'db', outcome: 'stopped' })
  })

  test('S7 a start that fails while it is aborted is told of', async () => {
    const { clock, kernel, traced, delay } = scene()
    const thrown = new Error('could not undo')
    const app = kernel([traced('a', { start: () => delay(50).then(() => Promise.reject(thrown)) })])
    const failed = startError(app.start())
    await clock.advance(10)
    await clock.run(app.shutdown())
    const { errors } = await failed
    expect(errors.map(({ code }) => code)).toEqual(['ABORTED', 'START_FAILED'])
    expect(errors[1]!.cause).toBe(thrown)
  })

  test('S7 a teardown that goes wrong rejects ShutdownError; StartError carries the same report', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { stop: () => Promise.reject(new Error('no')) }), traced('b', { startMs: 50 })])
    const failed = startError(app.start())
    await clock.advance(10)
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(report.errors).toMatchObject([{ code: 'STOP_FAILED', resource: 'a' }])
    expect((await failed).report).toBe(report)
  })

  test('S7 is one promise however often it is asked for, and start() stays the promise that it was', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { startMs: 50 })])
    const start = app.start()
    const failed = startError(start)
    const stopped = app.shutdown('one')
    expect(app.shutdown('two')).toBe(stopped)
    expect(app.start()).toBe(start)
    expect((await clock.run(stopped)).reason).toBe('one')
    await failed
    expect(app.shutdown()).toBe(stopped)
  })

  test('S7 the kernel can be started again afterwards', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([traced('a', { startMs: 10 })])
    const failed = startError(app.start())
    await clock.run(app.shutdown())
    await failed
    await clock.run(app.start())
    expect(app.probe()).toMatchObject({ status: 'ready', live: true })
    await app.shutdown()
    expect(log).toEqual(['start a', 'up a', 'stop a', 'start a', 'up a', 'stop a'])
  })

  test('S7 from inside a start hook', async () => {
    const { clock, kernel, log, traced } = scene()
    let stopped: Promise<unknown> | undefined
    const a = traced('a', {
      start: () => {
        stopped = app.shutdown('from a')
        return 'a'
      },
    })
    const app = kernel([traced('before'), a, traced('after')])
    const { errors } = await clock.run(startError(app.start()))
    expect(errors[0]!.message).toContain('from a')
    await stopped
    expect(log.slice(0, 2)).toEqual(['start before', 'start a'])
    expect(log.slice(2).sort()).toEqual(['stop a', 'stop before'])
    expect(app.state).toBe('stopped')
  })

  test('S7 from inside an asynchronous start hook that waits for it: bounded, not a deadlock', async () => {
    const { clock, kernel, elapsed } = scene()
    const a = resource('a', { start: async () => void (await app.shutdown('from a')), timeouts: { start: 200 } })
    const app = kernel([a])
    const { errors } = await clock.run(startError(app.start()))
    expect(elapsed()).toBe(200)
    expect(errors.map(({ code }) => code)).toEqual(['ABORTED', 'TIMEOUT'])
  })

  test('S7 while a failed start still waits for the others: one teardown', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const app = kernel([
      traced('up', { stopMs: 5 }),
      traced('broken', { start: () => Promise.reject(new Error('no')) }),
      traced('slow', { start: () => delay(50, 'slow') }),
    ])
    const failed = startError(app.start())
    await clock.advance(10)
    const stopped = app.shutdown('too')
    const report = await clock.run(stopped)
    const { errors } = await failed
    expect(
      errors.map(({ code, resource }) => `${resource} ${code}`),
      'it had failed before',
    ).toEqual(['broken START_FAILED'])
    expect([...log].sort(), 'each is stopped once').toEqual([
      'start broken',
      'start slow',
      'start up',
      'stop slow',
      'stop up',
      'stopped up',
    ])
    expect(report.outcomes).toHaveLength(3)
    expect(report.ok).toBe(true)
  })

  test('S7 the reason that a start was first told is the one that counts', async () => {
    const { clock, kernel, traced, delay } = scene()
    const polite = traced('polite', {
      start: (_, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            const { reason } = signal
            void delay(50).then(() => reject(reason))
          }),
        ),
    })
    const app = kernel([polite, traced('broken', { start: () => delay(1).then(() => Promise.reject(new Error('no'))) })])
    const failed = startError(app.start())
    await clock.advance(20)
    await clock.run(app.shutdown())
    expect((await failed).errors.map(({ code, resource }) => `${resource} ${code}`)).toEqual(['broken START_FAILED'])
  })

  test('S7 in the turn after start() was called, with hooks that have settled already', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([traced('a', { start: async () => 'a' }), traced('b')])
    const failed = startError(app.start())
    const report = await clock.run(app.shutdown())
    expect((await failed).errors).toMatchObject([{ code: 'ABORTED' }])
    expect(report.outcomes).toMatchObject([{ outcome: 'stopped' }, { outcome: 'stopped' }])
    expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a'])
  })

  test('S7 the signal aborts with a KeelsonError that says why', async () => {
    const { clock, kernel } = scene()
    let reason: unknown
    const a = resource('a', {
      start: (_, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason)
          }),
        ),
    })
    const app = kernel([a])
    const failed = startError(app.start())
    await clock.run(app.shutdown('SIGINT'))
    await failed
    expect(reason).toBeInstanceOf(KeelsonError)
    expect(reason).toMatchObject({ code: 'ABORTED' })
    expect((reason as Error).message).toContain('SIGINT')
  })
})

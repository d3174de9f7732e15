import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('S2 with a check, running means that it passed once', () => {
  test('S2 dependents wait for the first good check', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const db = traced('db', { startMs: 10, check: () => delay(5).then(() => log.push('checked')) })
    const app = kernel([traced('api', { dependsOn: { db } })])
    const started = app.start()
    await clock.advance(14)
    expect(app.inspect().resources[0]).toMatchObject({ name: 'db', state: 'starting' })
    await clock.run(started)
    expect(log).toEqual(['start db', 'up db', 'checked', 'start api'])
    expect(app.inspect().resources[0]).toMatchObject({ state: 'running', health: 'healthy' })
    await app.shutdown()
  })

  test.each([
    ['a plain value', () => 1],
    ['undefined', () => undefined],
    ['null', () => null],
    ['zero', () => 0],
    ['an empty string', () => ''],
    ['a promise of undefined', async () => undefined],
    ['a thenable', () => ({ then: (resolve: (value: unknown) => void) => resolve('ok') })],
  ])('S2 a check passes with %s', async (_, check) => {
    const { clock, kernel } = scene()
    const app = await clock.run(kernel([resource('a', { start: () => 1, check })]).start())
    expect(app.state).toBe('running')
    await app.shutdown()
  })

  test('S2 a check is retried until it passes, waiting from 10 ms, doubling, up to 1 s', async () => {
    const { clock, kernel, elapsed } = scene()
    const at: number[] = []
    const check = () => at.push(elapsed()) > 10
    const app = await clock.run(kernel([resource('a', { start: () => 1, check })]).start())
    expect(at.slice(1).map((time, i) => time - at[i]!)).toEqual([10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000])
    await app.shutdown()
  })

  test.each([
    ['resolves to false', async () => false],
    ['returns false', () => false],
    [
      'throws',
      () => {
        throw new Error('not ready')
      },
    ],
    ['rejects', () => Promise.reject(new Error('not ready'))],
    ['hangs', hang],
  ])('S2 a check that always %s fails the start with TIMEOUT, the last failure as cause', async (kind, check) => {
    const { clock, kernel, log, elapsed } = scene()
    const a = resource('a', {
      timeouts: { start: 500, check: 100 },
      start: () => 1,
      check,
      stop: () => log.push('stop a'),
    })
    const app = kernel([a])
    const { errors, report } = await clock.run(startError(app.start()))
    expect(elapsed()).toBe(500)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ code: 'TIMEOUT', resource: 'a', phase: 'start', details: { limit: 500 } })
    const cause = kind === 'hangs' ? { code: 'TIMEOUT', phase: 'check' } : { code: 'CHECK_FAILED', phase: 'check' }
    expect(errors[0]!.cause).toMatchObject({ name: 'KeelsonError', resource: 'a', ...cause })
    expect(log, 'the value is released').toEqual(['stop a'])
    expect(report.outcomes).toHaveLength(1)
    expect(app.state).toBe('failed')
  })

  test('S2 a check is given the value and a signal that aborts when its time is over', async () => {
    const { clock, kernel } = scene()
    const seen: unknown[] = []
    const signals: AbortSignal[] = []
    const value = { ping: 1 }
    const a = resource('a', {
      timeouts: { check: 50 },
      start: () => value,
      check: (given, { name, signal }) => {
        seen.push(given, name)
        signals.push(signal)
        if (signals.length > 1) return undefined
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    const app = await clock.run(kernel([a]).start())
    expect(seen).toEqual([value, 'a', value, 'a'])
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
    expect(signals[0]!.reason).toMatchObject({ code: 'TIMEOUT', phase: 'check', resource: 'a' })
    await app.shutdown()
  })

  test('S2 a check that comes back after its own timeout is not counted', async () => {
    const { clock, kernel, delay, elapsed } = scene()
    let calls = 0
    const a = resource('a', {
      timeouts: { check: 50 },
      start: () => 1,
      check: () => (++calls === 1 ? delay(55, true) : delay(40, true)),
    })
    const app = await clock.run(kernel([a]).start())
    expect([calls, elapsed()]).toEqual([2, 100])
    await app.shutdown()
  })

  test('S2 no check runs when the start hook itself failed', async () => {
    const { clock, kernel } = scene()
    const a = resource('a', {
      start: () => Promise.reject(new Error('no')),
      check: () => expect.unreachable('there is nothing to check'),
    })
    expect((await clock.run(startError(kernel([a]).start()))).errors).toHaveLength(1)
  })

  test('S2 a shutdown ends the wait for a good check at once', async () => {
    const { clock, kernel, log, elapsed } = scene()
    const a = resource('a', { start: () => 1, check: () => false, stop: () => log.push('stop a') })
    const app = kernel([a])
    const failed = startError(app.start())
    await clock.advance(100)
    await clock.run(app.shutdown())
    expect(elapsed()).toBe(100)
    expect((await failed).errors[0]).toMatchObject({ code: 'ABORTED' })
    expect(log).toEqual(['stop a'])
  })

  test.each(['passes', 'fails'])('S2 a check in flight when a shutdown comes, that %s later, changes nothing', async (how) => {
    const { clock, kernel, log, delay } = scene()
    let checks = 0
    const check = () => {
      checks++
      return delay(50).then(() => how === 'passes')
    }
    const app = kernel([resource('a', { start: () => 1, check, stop: () => log.push('stop a') })])
    const failed = startError(app.start())
    await clock.advance(20)
    await clock.run(app.shutdown())
    expect((await failed).errors[0]).toMatchObject({ code: 'ABORTED' })
    const events = recordEvents(app)
    await clock.advance(1_000)
    expect(events.events).toEqual([])
    expect([log, checks, app.state]).toEqual([['stop a'], 1, 'stopped'])
  })

  test('S2 a value that comes after the abort is not checked any more, and stopped at once', async () => {
    const { clock, kernel, log, delay, elapsed } = scene()
    const a = resource('a', {
      start: () => delay(50, 'late'),
      check: () => log.push('check'),
      stop: (value) => log.push(`stop ${value}`),
    })
    const app = kernel([a])
    const failed = startError(app.start())
    await clock.advance(20)
    await clock.run(app.shutdown())
    await failed
    expect(log).toEqual(['stop late'])
    expect(elapsed()).toBe(50)
  })

  test('S2 the first check makes it healthy without a word from the monitor', async () => {
    const { clock, kernel } = scene()
    const app = kernel([resource('a', { start: () => 1, check: () => true })])
    const log = recordEvents(app)
    await clock.run(app.start())
    expect(log.lines().filter((line) => line.startsWith('a: '))).toEqual([
      'a: idle → starting',
      'a: check passed',
      'a: unknown → healthy',
      'a: starting → running',
    ])
    await app.shutdown()
  })
})

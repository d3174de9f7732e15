import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeelsonError, type KernelEventOf, optional, resource, type StartContext } from '../index.js'
import { stateOf } from '../test-support/handled.js'
import { hang, scene, type TracedOptions } from '../test-support/scene.js'
import { recordEvents, virtualClock } from '../testing.js'
import { backoff } from '../time/backoff.js'
import { nextTry } from './tries.js'

const EVEN = { delay: 100, factor: 1, jitter: 0 }

/** A resource whose start fails `times` times. */
function late(times: number, options: TracedOptions = {}, error: (n: number) => unknown = (n) => new Error(`refused ${n}`)) {
  const world = scene()
  const contexts: StartContext[] = []
  const at: number[] = []
  const db = world.traced('db', {
    retry: EVEN,
    ...options,
    start: (_, ctx) => {
      contexts.push(ctx)
      at.push(world.elapsed())
      if (contexts.length <= times) throw error(contexts.length)
      return 'db'
    },
  })
  return { ...world, db, contexts, at }
}

describe('R1 retry', () => {
  test('R1 a first start that fails is tried again, and the kernel waits for it', async () => {
    const { clock, kernel, db, log, traced, at } = late(3)
    const app = kernel([traced('api', { dependsOn: { db } })])
    const started = app.start()
    await clock.advance(250)
    expect([app.state, stateOf(app, 'db'), log]).toEqual(['starting', 'starting', ['start db', 'start db', 'start db']])
    await clock.run(started)
    expect(at).toEqual([0, 100, 200, 300])
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(app.inspect().resources[0]).toMatchObject({ startMs: 300 })
    await clock.run(app.shutdown())
  })

  test('R1 the probe and an event say which try failed, why, and when again', async () => {
    const { clock, kernel, db } = late(
      3,
      { retry: { delay: 500, jitter: 0 } },
      () => new Error('connect ECONNREFUSED 10.0.0.7:5432'),
    )
    const app = kernel([db])
    const retries: KernelEventOf<'start:retry'>[] = []
    app.on('start:retry', (event) => retries.push(event))
    const errors: unknown[] = []
    app.on('resource:error', (event) => errors.push(event))
    const started = app.start()
    await clock.advance(1_500)
    expect(app.probe().reasons).toEqual([
      {
        resource: 'db',
        state: 'starting',
        health: 'unknown',
        message: 'db: try 3 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 2 s',
      },
    ])
    expect(app.inspect().resources[0]!.error).toBe('db: try 3 failed: connect ECONNREFUSED 10.0.0.7:5432; again in 2 s')
    expect(retries.map(({ resource, try: n, attempts, delayMs }) => [resource, n, attempts, delayMs])).toEqual([
      ['db', 1, Infinity, 500],
      ['db', 2, Infinity, 1_000],
      ['db', 3, Infinity, 2_000],
    ])
    expect(retries[0]!.error).toMatchObject({ code: 'START_FAILED', cause: { message: 'connect ECONNREFUSED 10.0.0.7:5432' } })
    await clock.run(started)
    expect(errors).toEqual([])
    await clock.run(app.shutdown())
  })

  test('R1 while a try goes on the probe says why the one before it failed', async () => {
    let starts = 0
    const { clock, kernel, traced, delay } = scene()
    const app = kernel([
      traced('db', { retry: EVEN, start: () => (++starts === 1 ? Promise.reject(new Error('refused')) : delay(50, 'db')) }),
    ])
    const started = app.start()
    await clock.advance(120)
    expect(app.probe().reasons[0]!.message).toBe('db: try 1 failed: refused; try 2 is under way')
    await clock.run(started)
    await app.shutdown()
  })

  test('R1 when its attempts are used up the start fails, with the last error as cause and the number of tries', async () => {
    const { clock, kernel, db, at } = late(Infinity, { retry: { ...EVEN, attempts: 3 } })
    const app = kernel([db])
    const error = await clock.run(app.start()).catch((error) => error)
    expect(at).toEqual([0, 100, 200])
    expect(error.errors).toMatchObject([
      { code: 'START_FAILED', resource: 'db', details: { tries: 3 }, cause: { message: 'refused 3' } },
    ])
    expect(error.errors[0].message).toBe('resource "db" failed to start after 3 tries: refused 3')
    expect(app.state).toBe('failed')
  })

  test('R1 timeouts.start bounds all tries together, and nobody waits for a try that would come too late', async () => {
    const { clock, kernel, db, at, elapsed } = late(Infinity, { timeouts: { start: 350 } })
    const error = await clock.run(kernel([db]).start()).catch((error) => error)
    expect([at, elapsed()]).toEqual([[0, 100, 200, 300], 300])
    expect(error.errors[0]).toMatchObject({ code: 'START_FAILED', details: { tries: 4 }, cause: { message: 'refused 4' } })
    expect(error.errors[0].message).toContain('no time is left for another within 0.4 s, see timeouts.start')
  })

  test('R1 a try that hangs is given up when the time of all is over, with the last error as cause', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const refused = new Error('refused')
    let starts = 0
    const db = traced('db', {
      retry: EVEN,
      timeouts: { start: 350 },
      start: () => (++starts < 3 ? Promise.reject(refused) : hang()),
    })
    const error = await clock.run(kernel([db]).start()).catch((error) => error)
    expect(elapsed()).toBe(350)
    expect(error.errors[0]).toMatchObject({ code: 'TIMEOUT', details: { tries: 3, limit: 350 }, cause: refused })
  })

  test('R1 ctx.extend() moves the end of all tries', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const db = traced('db', {
      retry: EVEN,
      timeouts: { start: 350 },
      start: (_, ctx) => {
        if (elapsed() === 0) ctx.extend(1_000)
        if (elapsed() < 800) throw new Error('refused')
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    expect(elapsed()).toBe(800)
    await app.shutdown()
  })

  test('R1 each try has a context of its own, and what a failed one deferred runs before the next', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const contexts: StartContext[] = []
    const db = traced('db', {
      retry: EVEN,
      start: (_, ctx) => {
        contexts.push(ctx)
        const n = contexts.length
        ctx.defer(() => delay(150).then(() => log.push(`cleaned up ${n}`)))
        if (n < 3) throw new Error('refused')
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    expect(log).toEqual(['start db', 'cleaned up 1', 'start db', 'cleaned up 2', 'start db'])
    expect(new Set(contexts.map(({ signal }) => signal)).size).toBe(3)
    expect(contexts.map(({ stopping }) => stopping.aborted)).toEqual([true, true, false])
    contexts[0]!.unhealthy(new Error('of a try that is over'))
    contexts[1]!.crashed(new Error('of a try that is over'))
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
    expect(log.slice(5)).toEqual(['stop db', 'cleaned up 3'])
  })

  test('R1 what a try made before its first check crashed is stopped before the next', async () => {
    const { clock, kernel, log, traced } = scene()
    let starts = 0
    const db = traced('db', {
      retry: EVEN,
      check: () => starts > 1,
      start: (_, ctx) => {
        if (++starts === 1) clock.setTimeout(() => ctx.crashed(new Error('gone')), 5)
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    expect(log).toEqual(['start db', 'stop db', 'start db'])
    const report = await clock.run(app.shutdown())
    expect(report.outcomes).toMatchObject([{ resource: 'db', outcome: 'stopped' }])
  })

  test.each([
    ['a KeelsonError', () => new KeelsonError('INVALID_OPTION', 'no url')],
    ['what is like one', () => Object.assign(new Error('no url'), { code: 'INVALID_OPTION' })],
    ['the cause of what was thrown', () => new Error('cannot connect', { cause: new KeelsonError('INVALID_OPTION', 'no url') })],
  ])('R1 INVALID_OPTION is never tried again: %s', async (_, error) => {
    const { clock, kernel, db, at } = late(Infinity, {}, error)
    await expect(clock.run(kernel([db]).start())).rejects.toMatchObject({ code: 'START_FAILED' })
    expect(at).toEqual([0])
  })

  test('R1 without retry nothing is tried again', async () => {
    const { clock, kernel, db, at } = late(1, { retry: undefined as never })
    await expect(clock.run(kernel([db]).start())).rejects.toThrow('resource "db" failed to start: refused 1')
    expect(at).toEqual([0])
  })

  test('R1 a shutdown ends a wait between tries at once', async () => {
    const { clock, kernel, db, at, elapsed } = late(Infinity)
    const app = kernel([db])
    const started = app.start().catch((error) => error)
    await clock.advance(150)
    const report = await clock.run(app.shutdown('deploy'))
    expect(elapsed()).toBe(150)
    const error = { code: 'ABORTED', cause: { message: 'refused 2' } }
    expect(report).toMatchObject({ ok: true, outcomes: [{ resource: 'db', outcome: 'never-started', error }] })
    expect((await started).errors).toMatchObject([{ code: 'ABORTED' }])
    expect(at).toEqual([0, 100])
  })

  test('R1 a shutdown while a failed try is cleaned up waits for that', async () => {
    const { clock, kernel, traced, log, delay, elapsed } = scene()
    const net = traced('net')
    const db = traced('db', {
      dependsOn: { net },
      retry: EVEN,
      start: (_, ctx) => {
        ctx.defer(() => delay(500).then(() => log.push('cleaned up')))
        throw new Error('refused')
      },
    })
    const app = kernel([db])
    const started = app.start().catch(() => {})
    await clock.advance(50)
    await clock.run(app.shutdown())
    await started
    expect([log, elapsed()]).toEqual([['start net', 'start db', 'cleaned up', 'stop net'], 500])
  })

  test('R1 a failure that matters ends a wait between tries, and the start is rolled back', async () => {
    const { clock, kernel, db, traced, elapsed, delay } = late(Infinity)
    const broken = traced('broken', { start: () => delay(120).then(() => Promise.reject(new Error('no'))) })
    const app = kernel([db, broken])
    const error = await clock.run(app.start()).catch((error) => error)
    expect(elapsed()).toBe(120)
    expect(error.errors[0]).toMatchObject({ resource: 'broken' })
    expect(stateOf(app, 'db')).toBe('failed')
  })

  test.each(['start:retry', 'resource:state', 'probe:change'] as const)(
    'R1 a shutdown from a listener of %s ends it',
    async (type) => {
      const { clock, kernel, db, at } = late(Infinity)
      const app = kernel([db])
      let asked: Promise<unknown> | undefined
      app.on(type, () => {
        asked ??= app.shutdown()
      })
      await clock.run(app.start()).catch(() => {})
      await clock.run(asked!)
      expect(at.length).toBeLessThanOrEqual(1)
      expect(app.state).toBe('stopped')
    },
  )

  test('R1 in add(): it waits, and a removal ends it', async () => {
    const { clock, kernel, db, at, traced } = late(2)
    const app = await clock.run(kernel([traced('api')]).start())
    await clock.run(app.add(db))
    expect([app.get(db), at.length]).toEqual(['db', 3])
    await clock.run(app.shutdown())

    const other = late(Infinity)
    const second = await other.clock.run(other.kernel([other.traced('api')]).start())
    const adding = second.add(other.db).catch((error) => error)
    await other.clock.advance(150)
    await other.clock.run(second.remove(other.db))
    expect(await adding).toMatchObject({ code: 'START_FAILED' })
    expect(other.at).toEqual([0, 100])
    await other.clock.run(second.shutdown())
  })

  test('R1 a shutdown ends the wait of an addition at once, also before its delay is over', async () => {
    const { clock, kernel, db, at, traced } = late(Infinity)
    const app = await clock.run(kernel([traced('api')], { shutdown: { delay: 1_000, timeout: 5_000 } }).start())
    const adding = app.add(db).catch((error) => error)
    await clock.advance(50)
    const stopped = app.shutdown()
    expect(stateOf(app, 'db')).toBe('failed')
    expect(await adding).toMatchObject({ code: 'ABORTED' })
    await clock.run(stopped)
    expect(at).toEqual([0])
  })

  test('R1 nothing that is added starts in a shutdown because the wait of another, which a restart had begun anew, has ended', async () => {
    const { clock, kernel, db, traced, log } = late(Infinity)
    const app = await clock.run(kernel([traced('api')], { shutdown: { delay: 1_000, timeout: 5_000 } }).start())
    const adding = app.add(db).catch((error) => error)
    const job = app.add(traced('job', { dependsOn: { db: optional(db) }, impact: 'none' })).catch((error) => error)
    const restarting = app.restart(db).catch((error) => error)
    await clock.advance(50)
    const stopped = app.shutdown()
    expect([(await adding).code, (await job).code, (await restarting).code]).toEqual(['ABORTED', 'ABORTED', 'ABORTED'])
    await clock.run(stopped)
    expect(log).not.toContain('start job')
  })

  test('R1 a restart of what it needs, between two tries, begins its first start anew', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    let net: StartContext | undefined
    const seen: unknown[] = []
    const low = traced('net', {
      restart: { attempts: 1, within: 1_000, delay: 0 },
      start: (_, ctx) => {
        net = ctx
        return `net ${++nets}`
      },
    })
    let nets = 0
    const db = traced('db', {
      dependsOn: { low },
      retry: EVEN,
      start: ({ low }) => {
        seen.push(low)
        if (seen.length < 4) throw new Error('refused')
        return 'db'
      },
    })
    const app = kernel([db])
    const started = app.start()
    await clock.advance(150)
    net!.crashed(new Error('gone'))
    await clock.run(started)
    expect(seen).toEqual(['net 1', 'net 1', 'net 2', 'net 2'])
    expect(log.filter((line) => line === 'stop net')).toHaveLength(1)
    await clock.run(app.shutdown())
  })

  test('R1 a restart is one attempt of its policy: retry does not multiply it', async () => {
    const { clock, kernel, traced } = scene()
    let starts = 0
    let ctx!: StartContext
    const db = traced('db', {
      impact: 'degraded',
      retry: EVEN,
      restart: { attempts: 2, within: 60_000, delay: 10, factor: 1, jitter: 0 },
      start: (_, context) => {
        ctx = context
        if (++starts > 1) throw new Error('refused')
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    const log = recordEvents(app)
    ctx.crashed(new Error('gone'))
    await clock.advance(60_000)
    expect(starts).toBe(3)
    expect(log.lines().filter((line) => line.includes('try'))).toEqual([])
    expect(stateOf(app, 'db')).toBe('failed')
    await clock.run(app.shutdown())
  })

  test('R1 the same for what the kernel cannot be ready without', async () => {
    const { clock, kernel, traced } = scene()
    let starts = 0
    let ctx!: StartContext
    const db = traced('db', {
      retry: EVEN,
      restart: { attempts: 2, within: 60_000, delay: 10, factor: 1, jitter: 0 },
      start: (_, context) => {
        ctx = context
        if (++starts > 1) throw new Error('refused')
        return 'db'
      },
    })
    const app = await clock.run(kernel([db]).start())
    const retries: unknown[] = []
    app.on('start:retry', (event) => retries.push(event))
    ctx.crashed(new Error('gone'))
    await clock.advance(60_000)
    expect([starts, retries, app.probe().live]).toEqual([3, [], false])
    await clock.run(app.shutdown())
  })

  test('R1 a waiting try holds no place: others start meanwhile, and it takes its turn again', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    let starts = 0
    const db = traced('db', {
      retry: EVEN,
      start: () => {
        if (++starts === 1) throw new Error('refused')
        return 'db'
      },
    })
    const app = kernel([db, traced('slow', { startMs: 250 }), traced('other')], { concurrency: 1 })
    await clock.run(app.start())
    expect(log).toEqual(['start db', 'start slow', 'up slow', 'start other', 'start db'])
    expect(elapsed()).toBe(250)
    await clock.run(app.shutdown())
  })

  test('R1 time that is over while it waits for a place fails it', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const db = traced('db', { retry: EVEN, timeouts: { start: 200 }, start: () => Promise.reject(new Error('refused')) })
    const app = kernel([db, traced('slow', { startMs: 1_000 })], { concurrency: 1 })
    const error = await clock.run(app.start()).catch((error) => error)
    expect(error.errors[0]).toMatchObject({
      code: 'TIMEOUT',
      resource: 'db',
      cause: { message: 'refused' },
      details: { tries: 1 },
    })
    expect(elapsed()).toBe(1_000)
  })

  test('R1 a kernel that is started again tries again', async () => {
    const { clock, kernel, db, at } = late(2)
    const app = kernel([db])
    await clock.run(app.start())
    await clock.run(app.shutdown())
    const before = at.length
    await clock.run(app.start())
    expect(at.length).toBe(before + 1)
    await clock.run(app.shutdown())
  })
})

test('R1 true means the defaults: 500 ms, doubling to 10 s, a tenth of it left to chance', async () => {
  const clock = virtualClock({ random: () => 0 })
  const at: number[] = []
  const origin = clock.now()
  const db = resource('db', {
    retry: true,
    timeouts: { start: 60_000 },
    start: () => {
      at.push(clock.now() - origin)
      throw new Error('refused')
    },
  })
  const { createKernel } = await import('../index.js')
  await clock.run(createKernel([db], { clock }).start()).catch(() => {})
  expect(at).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 25_500, 35_500, 45_500, 55_500])
})

const policies = fc.record({
  attempts: fc.constantFrom(2, 3, 10, Infinity),
  delay: fc.nat(2_000),
  factor: fc.double({ min: 1, max: 4, noNaN: true }),
  maxDelay: fc.integer({ min: 2_000, max: 20_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
})

test('R1 property: the schedule follows the formula, within the bounds of jitter', async () => {
  await fc.assert(
    fc.asyncProperty(
      policies,
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
      async (retry, chances) => {
        let asked = 0
        const clock = virtualClock({ random: () => chances[asked++ % chances.length]! })
        const at: number[] = []
        const { createKernel } = await import('../index.js')
        const db = resource('db', {
          retry,
          timeouts: { start: Infinity },
          start: () => {
            at.push(clock.now())
            if (at.length < 8) throw new Error('refused')
          },
        })
        const app = createKernel([db], { clock })
        const told: number[] = []
        app.on('start:retry', ({ delayMs }) => told.push(delayMs))
        await clock
          .run(app.start())
          .then(() => app.shutdown())
          .catch(() => {})
        const tries = Math.min(8, retry.attempts)
        expect(at).toHaveLength(tries)
        expect(told).toHaveLength(tries - 1)
        for (const [i, delayMs] of told.entries()) {
          const full = Math.min(retry.maxDelay, retry.delay * retry.factor ** i)
          expect(delayMs).toBeLessThanOrEqual(full)
          expect(delayMs).toBeGreaterThanOrEqual(full * (1 - retry.jitter) - 1e-9)
          expect(at[i + 1]! - at[i]!).toBeCloseTo(delayMs, 2)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('R1 jitter only ever shortens a delay', () => {
  const policy = { delay: 100, factor: 1, maxDelay: 500, jitter: 0.5 }
  expect([0, 0.5, 1].map((chance) => backoff(policy, 0, () => chance))).toEqual([100, 75, 50])
})

test('R1 the longest delay holds after any number of tries', () => {
  const policy = { delay: 1, factor: 10, maxDelay: 500, jitter: 0 }
  expect(backoff(policy, 10_000, () => 0)).toBe(500)
  expect(backoff({ ...policy, delay: 0 }, 10_000, () => 0)).toBe(0)
  const error = new KeelsonError('START_FAILED', 'x')
  expect(nextTry({ ...policy, attempts: undefined as never }, 1_000, error, () => 0)).toEqual({
    attempts: Infinity,
    delayMs: 500,
  })
})

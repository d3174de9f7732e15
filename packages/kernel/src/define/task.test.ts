import { describe, expect, test } from 'vitest'
import { type KernelState, resource, type Task, type TaskContext, task } from '../index.js'
import { keelsonError, shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

/** A loop that goes on until it is told to end, and takes `ms` for that. */
const loop =
  (delay: (ms: number) => Promise<void>, ms = 0) =>
  (_: unknown, { stopping }: TaskContext) =>
    new Promise<void>((resolve) => stopping.addEventListener('abort', () => void delay(ms).then(resolve)))

describe('T1 a task', () => {
  test('T1, S9 runs when everything runs, with the values of its dependencies, and is told to end before those stop', async () => {
    const { clock, kernel, traced, log, delay } = scene()
    const queue = traced('queue', { startMs: 10, stopMs: 0 })
    const api = traced('api', { startMs: 100 })
    const states: KernelState[] = []
    const consumer = task('consumer', {
      dependsOn: { queue },
      run: async ({ queue }, ctx) => {
        states.push(ctx.kernel.state)
        log.push(`consume ${queue}`)
        await new Promise((resolve) => ctx.stopping.addEventListener('abort', resolve))
        expect(ctx.signal.aborted).toBe(true)
        await delay(300)
        log.push('consumed')
      },
    })
    const app = await clock.run(kernel([consumer, api]).start())
    expect(log).toEqual(['start queue', 'start api', 'up queue', 'up api', 'consume queue'])
    expect(states).toEqual(['starting'])
    const report = await clock.run(app.shutdown())
    expect(report.ok).toBe(true)
    expect(log.slice(5)).toEqual(['stop api', 'consumed', 'stop queue', 'stopped queue'])
  })

  test('T1 of a start that is rolled back was never run', async () => {
    const { clock, kernel, delay } = scene()
    let ran = false
    const consumer = task('consumer', {
      run: async () => {
        ran = true
      },
    })
    const late = resource('late', { start: () => delay(100).then(() => Promise.reject(new Error('no'))) })
    let value: Task | undefined
    const user = resource('user', {
      dependsOn: { consumer },
      start: ({ consumer }) => {
        value = consumer
      },
    })
    await startError(clock.run(kernel([consumer, late, user]).start()))
    expect(ran).toBe(false)
    expect(await value?.done).toBeUndefined()
  })

  test('T1 that is done shuts the kernel down, and says what it came to', async () => {
    const { clock, kernel, delay } = scene()
    const job = task('job', { run: () => delay(500, 42) })
    const app = await clock.run(kernel([job]).start())
    const { done } = app.get(job)
    const { stopped } = app
    await clock.advance(499)
    expect(app.state).toBe('running')
    const report = await clock.run(stopped)
    expect(report).toMatchObject({ reason: 'job is done', ok: true })
    expect(app.state).toBe('stopped')
    expect(await done).toBe(42)
  })

  test('T1 that is done while the others are activated lets the start come to its end first', async () => {
    const { clock, kernel, traced, delay } = scene()
    const slow = traced('slow', { activate: () => delay(200) })
    const app = kernel([task('job', { run: async () => {} }), slow])
    const { stopped } = app
    await clock.run(app.start())
    expect(await clock.run(stopped)).toMatchObject({ reason: 'job is done', ok: true })
    expect(app.timeline().find(({ phase }) => phase === 'activate')?.ok).toBe(true)
  })

  test("T1 with onEnd 'ignore' may be done", async () => {
    const { clock, kernel } = scene()
    const app = await clock.run(kernel([task('job', { run: async () => {}, onEnd: 'ignore' })]).start())
    await clock.advance(1_000)
    expect(app.state).toBe('running')
    expect(app.probe().status).toBe('ready')
    expect((await clock.run(app.shutdown())).ok).toBe(true)
  })

  test("T1 with onEnd 'restart' runs again, less often when it ends at once, and that is no failure", async () => {
    const { clock, kernel, delay, elapsed } = scene()
    const began: number[] = []
    const job = task('job', {
      run: async (_, ctx) => {
        began.push(elapsed())
        if (began.length > 3) await Promise.race([delay(70_000), loop(delay)(_, ctx)])
      },
      onEnd: 'restart',
    })
    const app = kernel([job])
    const log = recordEvents(app)
    await clock.run(app.start())
    await clock.advance(100_000)
    const delays = began.map((at, i) => at - (began[i - 1] ?? 0))
    expect(delays.length).toBe(5)
    for (const [i, full] of [100, 200, 400].entries()) {
      expect(delays[i + 1]).toBeGreaterThanOrEqual(full * 0.9)
      expect(delays[i + 1]).toBeLessThanOrEqual(full)
    }
    expect(delays[4]).toBeLessThanOrEqual(70_100)
    expect(log.events.filter(({ type }) => type === 'resource:error')).toEqual([])
    const scheduled = log.events.find(({ type }) => type === 'restart:scheduled')
    expect(scheduled).toMatchObject({ resource: 'job', attempt: 1 })
    expect(scheduled).not.toHaveProperty('error')
    await clock.run(app.shutdown())
    await clock.advance(70_000)
  })

  test("T1 with onEnd 'restart' and a policy is run no more often than that allows", async () => {
    const { clock, kernel } = scene()
    const job = task('job', { run: async () => {}, onEnd: 'restart', restart: { attempts: 2, within: Infinity } })
    const app = await clock.run(kernel([job]).start())
    await clock.advance(10_000)
    expect(app.probe()).toMatchObject({ live: false })
    expect(app.probe().reasons[0]?.message).toBe(
      'resource "job" failed again after 2 restarts: resource "job" ended: its run() resolved; mend its cause, or raise restart.attempts',
    )
    await clock.run(app.shutdown()).catch(() => {})
  })

  test('T1 that fails has crashed: its policy runs it again, and without one the impact decides', async () => {
    for (const [options, live, status] of [
      [{}, false, 'failed'],
      [{ impact: 'degraded' }, true, 'degraded'],
      [{ impact: 'none' }, true, 'ready'],
      [{ restart: { attempts: 1, within: Infinity } }, true, 'ready'],
    ] as const) {
      const { clock, kernel, delay } = scene()
      let runs = 0
      const thrown = new Error('no connection')
      const consumer = task('consumer', {
        ...options,
        run: async (_, ctx) => {
          if (++runs > 1) return loop(delay)(_, ctx)
          await delay(100)
          throw thrown
        },
      })
      const app = await clock.run(kernel([consumer]).start())
      const { done } = app.get(consumer)
      await clock.advance(1_000)
      await expect(done).rejects.toBe(thrown)
      expect([app.probe().live, app.probe().status], JSON.stringify(options)).toEqual([live, status])
      expect(runs).toBe('restart' in options ? 2 : 1)
      await clock.run(app.shutdown()).catch(() => {})
    }
  })

  test('T1 that throws as it is called has failed too, while the kernel starts', async () => {
    const { clock, kernel } = scene()
    const run = () => {
      throw new Error('at once')
    }
    const app = kernel([task('job', { run })])
    const { errors } = await startError(clock.run(app.start()))
    expect(errors[0]).toMatchObject({ code: 'ACTIVATE_FAILED', message: 'resource "job" failed to activate: at once' })
    expect(app.state).toBe('failed')
  })

  test('T1 whose run returns no promise says so', async () => {
    const { clock, kernel } = scene()
    const { errors } = await startError(clock.run(kernel([task('job', { run: (() => 5) as never })]).start()))
    expect(errors[0]?.cause).toMatchObject({
      code: 'INVALID_OPTION',
      message: 'resource "job": run returned no promise; make it async, and let it end when its work does',
    })
  })
})

describe('T1 the drain of a task', () => {
  test('T1 has what the budget leaves, and one that is cut is named by what it waits for', async () => {
    const { clock, kernel, elapsed } = scene()
    const app = await clock.run(kernel([task('consumer', { run: hang })], { shutdown: { timeout: 4_000 } }).start())
    expect(app.plan().resources[0]?.shutdown.drain).toMatchObject({ askedMs: Infinity, grantedMs: 4_000 })
    const { report } = await shutdownError(clock.run(app.shutdown()))
    expect(elapsed()).toBe(4_000)
    expect(report.errors[0]?.message).toMatch(/did not finish its drain within 4000 ms.*; still at work: run\(\) for 4000 ms; /)
    expect(report.outcomes[0]).toMatchObject({ cut: { count: 1, oldest: [{ label: 'run()', sinceMs: 4_000 }] } })
  })

  test('T1 takes its own timeout where it has one, and the work that it tracks', async () => {
    const { clock, kernel, delay, log } = scene()
    const consumer = task('consumer', {
      timeouts: { drain: 2_000 },
      run: async (_, ctx) => {
        void ctx.track('job', delay(700)).then(() => log.push('job done'))
        await loop(delay, 100)(_, ctx)
        log.push('run over')
      },
    })
    const app = await clock.run(kernel([consumer]).start())
    expect(app.plan().resources[0]?.shutdown.drain).toMatchObject({ askedMs: 2_000 })
    expect((await clock.run(app.shutdown())).ok).toBe(true)
    expect(log).toEqual(['run over', 'job done'])
  })

  test('T1 that fails once it was told to end is reported, unless it says only that', async () => {
    for (const [error, ok] of [
      [new Error('the last commit failed'), false],
      [new DOMException('told', 'AbortError'), true],
      [undefined, true],
    ] as const) {
      const { clock, kernel } = scene()
      const run = (_: unknown, { stopping }: TaskContext) =>
        new Promise<void>((_, reject) => stopping.addEventListener('abort', () => reject(error ?? stopping.reason)))
      const app = await clock.run(kernel([task('consumer', { run })]).start())
      const end = await clock.run(app.shutdown().catch((failed) => failed.report))
      expect(end.ok).toBe(ok)
      if (!ok) expect(end.errors[0]).toMatchObject({ code: 'DRAIN_FAILED', cause: error })
    }
  })

  test('T1, D6 that fails once it was told to end is reported once, also when no time was left for its drain', async () => {
    const error = new Error('the last commit failed')
    const fails = (_: unknown, { stopping }: TaskContext) =>
      new Promise<void>((_, reject) => stopping.addEventListener('abort', () => reject(error)))
    for (const [timeout, outcome] of [
      [0, 'not-attempted'],
      [1_000, 'stopped'],
    ] as const) {
      const { clock, kernel } = scene()
      const app = await clock.run(kernel([task('consumer', { run: fails })], { shutdown: { timeout } }).start())
      const told: unknown[] = []
      app.on('resource:error', (event) => event.error.cause === error && told.push(event.resource))
      const { report } = await shutdownError(clock.run(app.shutdown()))
      await clock.advance(1)
      expect(report.outcomes).toMatchObject([{ resource: 'consumer', outcome }])
      expect(told).toEqual(['consumer'])
    }
  })

  test('T1 that fails after it has said that it crashed is reported, too', async () => {
    const { clock, kernel, delay } = scene()
    const run = async (_: unknown, { crashed, stopping }: TaskContext) => {
      crashed(new Error('connection lost'))
      await new Promise((resolve) => stopping.addEventListener('abort', resolve))
      await delay(5)
      throw new Error('the last commit failed')
    }
    const app = await clock.run(kernel([task('consumer', { run, impact: 'degraded' })]).start())
    const told: string[] = []
    app.on('resource:error', ({ error }) => told.push(error.message))
    await clock.run(app.shutdown().catch(() => {}))
    await clock.advance(10)
    expect(told.filter((message) => message.includes('the last commit failed'))).toHaveLength(1)
  })

  test('T1 a restart of what it depends on ends it and runs it anew, once', async () => {
    const { clock, kernel, traced, delay, log } = scene()
    const db = traced('db')
    const consumer = task('consumer', {
      dependsOn: { db },
      run: async (_, ctx) => {
        log.push('run')
        await loop(delay, 50)(_, ctx)
        log.push('over')
      },
    })
    const app = await clock.run(kernel([consumer]).start())
    await clock.run(app.restart(db))
    await clock.run(app.shutdown())
    expect(log).toEqual(['start db', 'run', 'over', 'stop db', 'start db', 'run', 'over', 'stop db'])
  })
})

describe("T1 a task with ready: 'signalled'", () => {
  test('T1 keeps the kernel starting until it says that it is ready, and what depends on it from being activated', async () => {
    const { clock, kernel, delay, log, elapsed } = scene()
    const warmer = task('warmer', {
      ready: 'signalled',
      run: async (_, ctx) => {
        await delay(500)
        log.push('warm')
        ctx.ready()
        ctx.ready()
        await loop(delay)(_, ctx)
      },
    })
    const user = resource('user', {
      dependsOn: { warmer },
      start: () => void log.push('start user'),
      activate: () => void log.push('activate user'),
    })
    const app = kernel([user])
    const started = app.start()
    await clock.advance(400)
    expect(app.probe().ready).toBe(false)
    expect(app.inspect().resources[0]?.step).toEqual({ name: 'run() until ctx.ready()', sinceMs: 400 })
    await clock.run(started)
    expect(elapsed()).toBe(500)
    expect(log).toEqual(['start user', 'warm', 'activate user'])
    expect((await clock.run(app.shutdown())).ok).toBe(true)
  })

  test('T1 fails the start when it fails before, or does not say it in time', async () => {
    const first = scene()
    const failing = task('warmer', {
      ready: 'signalled',
      run: () => first.delay(10).then(() => Promise.reject(new Error('cold'))),
    })
    const { errors } = await startError(first.clock.run(first.kernel([failing]).start()))
    expect(errors[0]).toMatchObject({ code: 'ACTIVATE_FAILED', message: 'resource "warmer" failed to activate: cold' })

    const second = scene()
    const { delay, clock } = second
    const silent = task('warmer', { ready: 'signalled', timeouts: { start: 1_000 }, run: loop(delay) })
    const late = await startError(clock.run(second.kernel([silent]).start()))
    expect(late.errors[0]).toMatchObject({ code: 'TIMEOUT', phase: 'activate' })
    expect(late.errors[0]?.message).toMatch(/within 1000 ms, in its step run\(\) until ctx\.ready\(\); /)
  })

  test('T1 may ask for more time with ctx.extend()', async () => {
    const { clock, kernel, delay } = scene()
    const run = async (_: unknown, ctx: TaskContext) => {
      ctx.extend(3_000)
      await delay(2_500)
      ctx.ready()
      await loop(delay)(_, ctx)
    }
    const app = await clock.run(kernel([task('warmer', { ready: 'signalled', timeouts: { start: 1_000 }, run })]).start())
    await clock.run(app.shutdown())
  })

  test('T1 that is done before is ready, and done', async () => {
    const { clock, kernel } = scene()
    const app = kernel([task('job', { ready: 'signalled', run: async () => {} })])
    const { stopped } = app
    await clock.run(app.start())
    expect(await clock.run(stopped)).toMatchObject({ reason: 'job is done', ok: true })
  })

  test('T1, S7 a shutdown does not wait for it to be ready', async () => {
    const { clock, kernel, delay, elapsed } = scene()
    const app = kernel([task('warmer', { ready: 'signalled', run: loop(delay, 100) })])
    const started = startError(app.start())
    await clock.advance(50)
    expect((await clock.run(app.shutdown())).ok).toBe(true)
    await started
    expect(elapsed()).toBe(150)
  })
})

test('T1 bad input is refused with one clear error, before anything runs', () => {
  const run = async () => {}
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['', { run }, 'the kernel: the name of a task is empty; give task() a string that is not empty'],
    ['t', undefined, 'resource "t": its options must be an object; pass { run: … }'],
    ['t', {}, 'resource "t": run is missing; add run: async (deps, ctx) => …'],
    ['t', { run: 5 }, 'resource "t": run must be a function; add run: async (deps, ctx) => …'],
    ['t', { run, onEnd: 'stop' }, `resource "t": onEnd is a string; it must be 'shutdown', 'restart' or 'ignore'`],
    ['t', { run, ready: true }, `resource "t": ready is true; it must be 'at-once' or 'signalled'`],
    ['t', { run, stop: run }, 'resource "t": stop is not an option of a task; do it in run, or make it a resource()'],
    ['t', { run, onend: 'ignore' }, 'resource "t": onend is not an option; check its spelling'],
    ['t', { run, timeouts: 5 }, 'resource "t": timeouts is 5; it must be an object'],
  ]
  for (const [name, options, message] of cases) {
    const error = keelsonError(() => task(name, options as never))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message })
    expect(error.stack?.split('\n')[1]).toContain('task.test.ts')
  }
})

test('T1 dependsOn of a task may be a getter that is read late', async () => {
  const { clock, kernel, traced } = scene()
  const job = task('job', {
    get dependsOn() {
      return { db }
    },
    run: async ({ db }) => db,
    onEnd: 'ignore',
  })
  const db = traced('db')
  const app = kernel([job])
  await clock.run(app.start())
  expect(await app.get(job).done).toBe('db')
  await clock.run(app.shutdown())
})

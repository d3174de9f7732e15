import { expect, test } from 'vitest'
import { createKernel, type Ref, ref, resource, type StartContext } from '../index.js'
import { rejection, shutdownError } from '../test-support/rejection.js'
import { hang, type Scene, scene, type TracedOptions } from '../test-support/scene.js'

/** A kernel with a resource `jobs`, and the context that its instance was given. */
async function tracking({ clock, kernel, traced }: Scene, options: TracedOptions = {}, shutdown = {}) {
  let ctx!: StartContext
  const db = traced('db')
  const jobs = traced('jobs', {
    dependsOn: { db },
    start: (_, given) => {
      ctx = given
    },
    ...options,
  })
  const app = await clock.run(kernel([jobs], { shutdown }).start())
  const seen = () => app.inspect().resources.find(({ name }) => name === 'jobs')!
  return { app, jobs, ctx, seen }
}

test('W1 tracked work gives back what it resolves to, and what it rejects with', async () => {
  const { app, ctx, seen } = await tracking(scene())
  expect(await ctx.track('job 1', Promise.resolve(42))).toBe(42)
  expect(await ctx.track('job 2', async () => 'done')).toBe('done')
  const thrown = new Error('no such row')
  await expect(ctx.track('job 3', () => Promise.reject(thrown))).rejects.toBe(thrown)
  const throwing = () => {
    throw thrown
  }
  await expect(ctx.track('job 4', throwing)).rejects.toBe(thrown)
  expect(seen().work).toBeUndefined()
  await app.shutdown()
})

test('W1 a resource without a drain hook drains until its work has settled, well or badly', async () => {
  const world = scene()
  const { clock, delay, log, elapsed } = world
  const { app, ctx } = await tracking(world)
  void ctx.track('job 1', delay(300))
  const failing = ctx.track('job 2', () => delay(700).then(() => Promise.reject(new Error('lost'))))
  failing.catch(() => log.push('job 2 failed'))
  const report = await clock.run(app.shutdown())
  expect(log).toEqual(['start db', 'start jobs', 'job 2 failed', 'stop jobs', 'stop db'])
  expect(elapsed()).toBe(700)
  expect(report.ok).toBe(true)
})

test('W1 work is waited for after the drain hook, also where that returned at once', async () => {
  for (const drainMs of [undefined, 100]) {
    const world = scene()
    const { clock, delay, log } = world
    const drain = { drain: () => (drainMs === undefined ? undefined : delay(drainMs).then(() => ({ note: 'no more' }))) }
    const { app, ctx } = await tracking(world, drain)
    void ctx.track('job', delay(500)).then(() => log.push('job done'))
    const report = await clock.run(app.shutdown())
    expect(log).toEqual(['start db', 'start jobs', 'drain jobs', 'job done', 'stop jobs', 'stop db'])
    expect(report.outcomes[0]?.note).toBe(drainMs === undefined ? undefined : 'no more')
  }
})

test('W1 work that comes during the drain is accepted and waited for, and what comes after it is refused', async () => {
  const world = scene()
  const { clock, delay, log } = world
  let refused: Promise<unknown> | undefined
  let called = false
  const stop = () => {
    refused = ctx.track('job 2', async () => {
      called = true
    })
    refused.catch(() => {})
  }
  const { app, ctx } = await tracking(world, { drainMs: 100, stop })
  const end = app.shutdown()
  await clock.advance(50)
  void ctx.track('job 1', delay(200)).then(() => log.push('job 1 done'))
  await clock.run(end)
  expect(log).toEqual(['start db', 'start jobs', 'drain jobs', 'drained jobs', 'job 1 done', 'stop jobs', 'stop db'])
  expect(await rejection(refused!)).toMatchObject({
    code: 'ABORTED',
    message: 'resource "jobs" takes no more work: job 2 came after its drain; take none once ctx.stopping aborts',
    resource: 'jobs',
    details: { label: 'job 2' },
  })
  expect(called).toBe(false)
})

test('W1 work that begins in the very turn in which a drain ends is waited for, or refused', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const world = scene()
    const { clock, delay, log } = world
    let drained!: () => void
    const drain = { drain: () => new Promise<void>((resolve) => (drained = resolve)) }
    const { app, ctx } = await tracking(world, drain)
    const stopped = app.shutdown()
    await clock.advance(10)
    drained()
    for (let turn = 0; turn < turns; turn++) await undefined
    let accepted = true
    const work = ctx.track('job', () => delay(20).then(() => log.push('job done'))).catch(() => (accepted = false))
    const report = await clock.run(stopped)
    await work
    expect([turns, log.slice(-3)]).toEqual([
      turns,
      accepted ? ['job done', 'stop jobs', 'stop db'] : expect.not.arrayContaining(['job done']),
    ])
    expect([turns, report.outcomes[0]?.cut]).toEqual([turns, undefined])
  }
})

test('W1 the report and inspect() tell what there was, the oldest first, and what was cut', async () => {
  const world = scene()
  const { clock, delay } = world
  const { app, ctx, seen } = await tracking(world, { timeouts: { drain: 2_000 } })
  for (let i = 1; i <= 7; i++) {
    void ctx.track(`job ${i}`, i === 2 ? hang() : delay(1_000 + i * 100))
    await clock.advance(100)
  }
  const oldest = (...sinceMs: number[]) => sinceMs.map((ms, i) => ({ label: `job ${i + 1}`, sinceMs: ms }))
  const all = { count: 7, oldest: oldest(700, 600, 500, 400, 300) }
  expect(seen().work).toEqual(all)
  expect(seen().cut).toBeUndefined()
  const error = await shutdownError(clock.run(app.shutdown()))
  const cut = { count: 1, oldest: [{ label: 'job 2', sinceMs: 2_600 }] }
  expect(error.report.outcomes[0]).toMatchObject({ resource: 'jobs', outcome: 'stopped', work: all, cut })
  expect(error.report.outcomes[1]).not.toHaveProperty('work')
  expect(seen()).toMatchObject({ work: all, cut })
  expect(JSON.parse(JSON.stringify(seen()))).toEqual(seen())
  expect(error.errors[0]).toMatchObject({ code: 'TIMEOUT', phase: 'drain', details: { limit: 2_000, work: cut } })
  expect(error.errors[0]?.message).toBe(
    'resource "jobs" did not finish its drain within 2000 ms; still at work: job 2 for 2600 ms; end its work sooner or raise timeouts.drain',
  )
  await clock.run(app.start())
  expect(seen()).not.toHaveProperty('work')
  expect(seen()).not.toHaveProperty('cut')
  await clock.run(app.shutdown())
})

test('W1 what has crashed is not waited for, and its work is cut', async () => {
  const world = scene()
  const { clock, elapsed } = world
  const { app, ctx, seen } = await tracking(world)
  void ctx.track('job', hang())
  ctx.crashed(new Error('gone'))
  await clock.run(app.shutdown())
  expect(elapsed()).toBe(0)
  expect(seen().cut).toEqual({ count: 1, oldest: [{ label: 'job', sinceMs: 0 }] })
  await expect(ctx.track('job', hang())).rejects.toMatchObject({ code: 'ABORTED' })
})

test('W1 a restart drains the work of the old instance, and the new one has its own', async () => {
  const world = scene()
  const { clock, delay, log } = world
  const { app, ctx, jobs, seen } = await tracking(world)
  void ctx.track('old', delay(400)).then(() => log.push('old done'))
  await clock.run(app.restart(jobs))
  expect(log).toEqual(['start db', 'start jobs', 'old done', 'stop jobs', 'start jobs'])
  await expect(ctx.track('late', hang())).rejects.toMatchObject({ code: 'ABORTED' })
  expect(seen().work).toBeUndefined()
  await app.shutdown()
})

test('W1 no work is accepted by what did not start', async () => {
  const { clock, kernel, traced } = scene()
  const contexts: StartContext[] = []
  const failing = (cleanup: boolean) => (_: unknown, ctx: StartContext) => {
    contexts.push(ctx)
    if (cleanup) ctx.defer(() => {})
    throw new Error('no')
  }
  const resources = [false, true].map((cleanup) => traced(`r${cleanup}`, { impact: 'none', start: failing(cleanup) }))
  const app = await clock.run(kernel(resources).start())
  for (const ctx of contexts) await expect(ctx.track('job', hang())).rejects.toMatchObject({ code: 'ABORTED' })
  await app.shutdown()
})

test('W1, D3 late work cannot take what is kept for those below', async () => {
  const world = scene()
  const { clock, elapsed } = world
  const drain = () => {
    void ctx.track('late', hang())
  }
  const { app, ctx } = await tracking(world, { drain, timeouts: { drain: Infinity } }, { timeout: 5_000 })
  const { report } = await shutdownError(clock.run(app.shutdown()))
  expect(elapsed()).toBe(4_000) // half a second for its stop and for that of db
  expect(report.outcomes.map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped'])
})

test('W1 leases count in the same ledger', async () => {
  const { clock, kernel, traced, delay } = scene()
  const orders = traced('orders')
  let live!: Ref<string>
  const user = resource('user', {
    dependsOn: { orders: ref(orders) },
    start: ({ orders }) => {
      live = orders
    },
  })
  const app = await clock.run(kernel([user]).start())
  void live.use(() => delay(500))
  await clock.advance(200)
  expect(app.inspect().resources[0]).toMatchObject({
    name: 'orders',
    work: { count: 1, oldest: [{ label: 'ref orders', sinceMs: 200 }] },
  })
  await clock.run(app.shutdown())
})

test('W1 what counts its own work is asked only when somebody wants to know', async () => {
  const world = scene()
  const { clock, delay } = world
  let asked = 0
  const requests = [
    { label: 'GET /sse', sinceMs: 6_700, hint: 'an event stream: end it' },
    { label: 'GET /', sinceMs: 3 },
  ]
  let end!: () => void
  const start = (_: unknown, ctx: StartContext) => {
    end = ctx.workload(() => {
      asked++
      return requests
    })
    void ctx.track('job 4711', delay(3_100))
  }
  const { app, seen } = await tracking(world, { start, drain: hang, timeouts: { drain: 1_000 } })
  await clock.advance(1_000)
  expect(asked).toBe(0)
  expect(seen().work).toEqual({ count: 3, oldest: [requests[0], { label: 'job 4711', sinceMs: 1_000 }, requests[1]] })
  expect(asked).toBe(1)
  const error = await shutdownError(clock.run(app.shutdown()))
  expect(error.errors[0]?.message).toContain(
    '; still at work: GET /sse for 6700 ms: an event stream: end it; job 4711 for 2000 ms; GET / for 3 ms; ',
  )
  end()
  await clock.run(app.start())
  end()
  expect(seen().work).toMatchObject({ count: 1 })
  await clock.run(app.shutdown().catch(() => {}))
  await clock.advance(3_100)
})

test('W1 a reader that fails, or tells nonsense, disturbs nobody', async () => {
  const world = scene()
  const start = (_: unknown, ctx: StartContext) => {
    ctx.workload(() => {
      throw new Error('no')
    })
    ctx.workload(() => [{ label: 'a'.repeat(1_000), sinceMs: 1 }, { label: 7 as never, sinceMs: 1 }, null as never])
  }
  const { app, seen } = await tracking(world, { start })
  expect(seen().work).toEqual({ count: 1, oldest: [{ label: `${'a'.repeat(119)}…`, sinceMs: 1 }] })
  await app.shutdown()
})

test('W1 bad input rejects with one clear error', async () => {
  const { app, ctx } = await tracking(scene())
  const asked: readonly (readonly [unknown, unknown, string])[] = [
    ['job', 5, 'resource "jobs": ctx.track(label, work) got work that is 5; pass a promise, or a function that returns one'],
    [
      'job',
      () => 5,
      'resource "jobs": ctx.track(label, work) got work that returned 5, not a promise; pass a promise, or a function that returns one',
    ],
    [
      '',
      Promise.resolve(),
      'resource "jobs": the label of ctx.track(label, work) is empty; it must be a string that is not empty',
    ],
    [
      Promise.resolve(),
      undefined,
      'resource "jobs": the label of ctx.track(label, work) is of type object; it must be a string that is not empty',
    ],
  ]
  for (const [label, work, message] of asked) {
    const error = await rejection(ctx.track(label as string, work as Promise<void>))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message })
  }
  expect(() => ctx.workload(5 as never)).toThrow('resource "jobs": ctx.workload(read) is 5; it must be a function')
  await app.shutdown()
})

test('W1 nothing of it is there where nobody tracks anything', async () => {
  const app = createKernel([resource('db', { start: () => 1 })])
  await app.start()
  expect(app.inspect().resources[0]).not.toHaveProperty('work')
  const { outcomes } = await app.shutdown()
  expect(Object.keys(outcomes[0]!)).toEqual(['resource', 'impact', 'outcome', 'durationMs'])
})

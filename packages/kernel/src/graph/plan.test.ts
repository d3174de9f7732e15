import { describe, expect, test } from 'vitest'
import { createKernel, type Dependencies, optional, type Resource, ref, resource } from '../index.js'
import { scene } from '../test-support/scene.js'

const stop = () => {}
const drain = () => {}

describe('plan()', () => {
  test('gives the order, dependencies first, with the kind of each edge', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => resource(name, { start: () => name }))
    const top = resource('top', { dependsOn: { a: a!, b: optional(b!), c: ref(c!) }, after: [d!], start: () => 1 })
    const plan = createKernel([top]).plan()
    expect(plan.order).toEqual(['a', 'b', 'c', 'd', 'top'])
    expect(plan.resources.map(({ name }) => name)).toEqual(plan.order)
    expect(plan.resources[4]!.dependsOn).toMatchObject([
      { resource: 'a', kind: 'required' },
      { resource: 'b', kind: 'optional' },
      { resource: 'c', kind: 'ref' },
      { resource: 'd', kind: 'after' },
    ])
    expect(plan.resources[0]!.dependsOn).toEqual([])
  })

  test('tells what a failure of each means, and how it is restarted', () => {
    const restart = { attempts: 3, within: 60_000, delay: 50 }
    const db = resource('db', { start: () => 1, shared: true, retry: true, restart })
    const cache = resource('cache', { start: () => 1, impact: 'none' })
    const api = resource('api', { dependsOn: { db, cache: ref(cache) }, start: () => 1 })
    const [first, second, third] = createKernel([api]).plan().resources
    expect(first).toMatchObject({ name: 'db', impact: 'degraded', shared: true, retries: true, restart })
    expect(second).toMatchObject({ name: 'cache', impact: 'none', shared: false, retries: false })
    expect(third).toMatchObject({ name: 'api', impact: 'unready' })
    expect(Object.keys(third!)).not.toContain('restart')
  })

  test('before a start the critical path is that of the start timeouts, after it that of the measured times', async () => {
    const { clock, kernel, traced } = scene()
    const slow = traced('slow', { startMs: 90, timeouts: { start: 100 } })
    const patient = traced('patient', { startMs: 1, timeouts: { start: 5_000 } })
    const app = kernel([traced('top', { dependsOn: { slow, patient }, startMs: 5, timeouts: { start: 10 } })])
    expect(app.plan()).toMatchObject({ criticalPath: ['patient', 'top'] })
    await clock.run(app.start())
    expect(app.plan()).toMatchObject({ criticalPath: ['slow', 'top'], startMs: 95 })
    await clock.run(app.shutdown())
    expect(app.plan()).toMatchObject({ criticalPath: ['slow', 'top'], startMs: 95 })
  })

  test('D3 shows own, path and share of the budget: what those below keep is their reserve', () => {
    const plan = createKernel([layers([100, 200, 1_000])], { shutdown: { timeout: 2_200 } }).plan()
    expect(plan.resources.map(({ shutdown }) => shutdown)).toMatchObject([
      { ownMs: 200, pathMs: 200, shareMs: 200 },
      { ownMs: 400, pathMs: 600, shareMs: 400 },
      { ownMs: 2_000, pathMs: 2_600, shareMs: 1_600 },
    ])
    expect(plan.worstCaseShutdownMs).toBe(2_200)
    const delayed = createKernel([layers([100, 200, 1_000])], { shutdown: { timeout: 2_700, delay: 500 } }).plan()
    expect(delayed.resources, 'the delay counts').toEqual(plan.resources)
  })

  test('D3 where not even the reserves fit, the shares are in proportion to them', () => {
    const { resources } = createKernel([layers([100, 200, 300])], { shutdown: { timeout: 600 } }).plan()
    expect(resources.map(({ shutdown }) => shutdown.shareMs)).toEqual([100, 200, 300])
  })

  test('D3 a drain is told what it asked for, what it is granted, and who holds the rest', () => {
    const config = resource('config', { start: () => 1 })
    const db = resource('db', { dependsOn: { config }, start: () => 1, stop })
    const jobs = resource('jobs', { dependsOn: { db }, start: () => 1, drain, stop, timeouts: { drain: 1_000 } })
    const cache = resource('cache', { start: () => 1, stop })
    const api = resource('api', { dependsOn: { cache, jobs }, start: () => 1, drain, timeouts: { drain: 30_000 } })
    const { resources } = createKernel([api]).plan()
    expect(resources.map(({ name, shutdown }) => [name, shutdown.drain])).toEqual([
      ['cache', undefined],
      ['config', undefined],
      ['db', undefined],
      ['jobs', { askedMs: 1_000, grantedMs: 1_000, heldBy: [] }],
      ['api', { askedMs: 30_000, grantedMs: 23_000, heldBy: ['jobs', 'db'] }],
    ])
  })

  test('D3 a drain without a limit is granted what the budget leaves it; without a budget, all', () => {
    const api = resource('api', { start: () => 1, drain, stop, timeouts: { drain: Infinity } })
    const drainOf = (timeout: number) => createKernel([api], { shutdown: { timeout } }).plan().resources[0]!.shutdown.drain
    expect(drainOf(25_000)).toEqual({ askedMs: Infinity, grantedMs: 24_500, heldBy: [] })
    expect(drainOf(Infinity)).toEqual({ askedMs: Infinity, grantedMs: Infinity, heldBy: [] })
  })

  test('D3 what a drain is granted is what it gets', async () => {
    const { clock, kernel, traced } = scene()
    const got = new Map<string, number>()
    const watched = (name: string, below: readonly Resource<unknown>[], timeout: number) =>
      traced(name, {
        after: below,
        timeouts: { drain: timeout },
        drain: (_, { deadline }) => void got.set(name, deadline - clock.now()),
      })
    const db = traced('db')
    const jobs = watched('jobs', [db], 3_000)
    const mail = watched('mail', [db], Infinity)
    const api = watched('api', [jobs, mail], Infinity)
    const app = await kernel([api], { shutdown: { timeout: 10_000, delay: 1_000 } }).start()
    const planned = app.plan().resources.flatMap(({ name, shutdown: { drain } }) => (drain ? [[name, drain.grantedMs]] : []))
    await clock.run(app.shutdown())
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(planned))
    expect(got.get('api')).toBe(5_500)
  })

  test('D3 a hook that a resource does not have takes nothing, and what a value turned out to bring counts', async () => {
    const { clock, kernel, traced } = scene()
    const plain = resource('plain', { start: () => 1 })
    const disposable = resource('disposable', { start: () => ({ [Symbol.dispose]: () => {} }) })
    const deferring = resource('deferring', { start: (_, { defer }) => defer(() => {}) })
    const slow = traced('slow', { stopMs: 2_000 })
    const api = resource('api', {
      after: [plain, disposable, deferring, slow],
      start: () => 1,
      drain,
      timeouts: { drain: Infinity },
    })
    const app = kernel([api])
    const own = () => app.plan().resources.map(({ shutdown }) => shutdown.ownMs)
    const granted = () => app.plan().resources.at(-1)!.shutdown.drain!.grantedMs
    expect(own()).toEqual([0, 0, 0, 10_000, Infinity])
    expect(granted()).toBe(24_500)
    await app.start()
    expect(own()).toEqual([0, 10_000, 10_000, 10_000, Infinity])
    await clock.run(app.shutdown())
    expect(granted(), 'twice the longest stop that was seen').toBe(21_000)
  })

  test('says nothing of what has been removed', async () => {
    const { kernel, traced, clock } = scene()
    const old = traced('old', { startMs: 50 })
    const app = await clock.run(kernel([traced('new', { after: [old] }), old]).start())
    await app.remove(old)
    const plan = app.plan()
    expect(plan).toMatchObject({ order: ['new'], criticalPath: ['new'], startMs: 0 })
    expect(plan.resources).toMatchObject([{ name: 'new', dependsOn: [] }])
    await app.shutdown()
  })

  test('D3 the worst case is the longest path with the delay, and never more than the budget', () => {
    const a = resource('a', { start: () => 1, stop, timeouts: { stop: 100 } })
    const b = resource('b', { dependsOn: { a }, start: () => 1, stop, timeouts: { stop: 200 } })
    const worst = (shutdown: { delay?: number; timeout?: number }) => createKernel([b], { shutdown }).plan().worstCaseShutdownMs
    expect(worst({})).toBe(300)
    expect(worst({ delay: 1_000 })).toBe(1_300)
    expect(worst({ delay: 1_000, timeout: 1_100 })).toBe(1_100)
    expect(worst({ timeout: Infinity })).toBe(300)
  })

  test('D3 hooks without a limit are bounded by the budget', () => {
    const a = resource('a', { start: () => 1, stop, timeouts: { stop: Infinity } })
    const b = resource('b', { dependsOn: { a }, start: () => 1, stop, timeouts: { stop: Infinity } })
    const plan = createKernel([b], { shutdown: { timeout: 1_000 } }).plan()
    expect(plan.resources.map(({ shutdown }) => shutdown.shareMs)).toEqual([500, 500])
    expect(plan.worstCaseShutdownMs).toBe(1_000)
  })

  test('is pure: it starts nothing, changes nothing, and says the same twice', async () => {
    const { kernel, log, traced } = scene()
    const app = kernel([traced('b', { dependsOn: { a: traced('a') } })])
    const before = JSON.stringify(app.inspect())
    const plan = app.plan()
    expect(app.plan()).toEqual(plan)
    expect(JSON.stringify(app.inspect())).toBe(before)
    expect(log).toEqual([])
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    await app.start()
    expect(app.plan().order).toEqual(plan.order)
    await app.shutdown()
  })

  test('of nothing is empty', () => {
    expect(createKernel().plan()).toMatchObject({
      order: [],
      criticalPath: [],
      startMs: 0,
      worstCaseShutdownMs: 0,
      resources: [],
    })
  })

  test('G2 of a chain of 200,000 resources that all drain takes no recursion', { timeout: 60_000 }, () => {
    const plan = createKernel([chain(200_000)]).plan()
    expect(plan.order).toHaveLength(200_000)
    expect(plan.criticalPath).toEqual(plan.order)
    expect(plan.worstCaseShutdownMs).toBe(25_000)
    expect(plan.resources.at(-1)!.shutdown.drain!.heldBy).toHaveLength(20)
  })

  test('G2 takes time in proportion to resources and edges', { timeout: 60_000 }, () => {
    const [small, large] = [25_000, 200_000].map((size) => {
      const kernel = createKernel([chain(size)])
      return Math.min(...[1, 2, 3].map(() => millisecondsOf(() => kernel.plan())))
    })
    expect(large! / small!, 'eight times the size; a quadratic step would make it 64 times the time').toBeLessThan(40)
  })
})

const millisecondsOf = (work: () => unknown) => {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

/** Each depends on the one before it, and may drain and stop as long as it says. */
function layers(ms: readonly number[]): Resource<unknown> {
  let below: Resource<unknown> | undefined
  for (const [i, timeout] of ms.entries()) {
    const dependsOn: Dependencies = below === undefined ? {} : { below }
    const timeouts = { drain: timeout, stop: timeout }
    below = resource<unknown, Dependencies>(`r${i}`, { dependsOn, start: () => 1, drain, stop, timeouts })
  }
  return below!
}

const chain = (size: number) => layers(new Array<number>(size).fill(10_000))

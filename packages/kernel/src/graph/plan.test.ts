import { describe, expect, test } from 'vitest'
import { createKernel, optional, type Resource, ref, resource } from '../index.js'
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

  test('D3 shows own, path and share of the budget', () => {
    let below: Resource<unknown> | undefined
    for (const [i, ms] of [100, 200, 300].entries()) {
      below = resource(`r${i}`, {
        dependsOn: (below === undefined ? {} : { below }) as Record<string, Resource<unknown>>,
        start: (): unknown => 1,
        drain,
        stop,
        timeouts: { drain: ms, stop: ms },
      })
    }
    const plan = createKernel([below!], { shutdown: { timeout: 600 } }).plan()
    expect(plan.resources.map(({ shutdown }) => shutdown)).toEqual([
      { ownMs: 200, pathMs: 200, shareMs: 100 },
      { ownMs: 400, pathMs: 600, shareMs: 200 },
      { ownMs: 600, pathMs: 1_200, shareMs: 300 },
    ])
    expect(plan.worstCaseShutdownMs).toBe(600)
    const delayed = createKernel([below!], { shutdown: { timeout: 1_000, delay: 400 } }).plan()
    expect(
      delayed.resources.map(({ shutdown }) => shutdown.shareMs),
      'the delay counts',
    ).toEqual([100, 200, 300])
  })

  test('D3 the worst case is the longest path with the delay, and never more than the budget', () => {
    const a = resource('a', { start: () => 1, stop, timeouts: { stop: 100 } })
    const b = resource('b', { dependsOn: { a }, start: () => 1, stop, timeouts: { stop: 200 } })
    const worst = (shutdown: { delay?: number; timeout?: number }) => createKernel([b], { shutdown }).plan().worstCaseShutdownMs
    expect(worst({})).toBe(300)
    expect(worst({ delay: 1_000 })).toBe(1_300)
    expect(worst({ delay: 1_000, timeout: 1_100 })).toBe(1_100)
    expect(worst({ delay: 5_000, timeout: 1_000 })).toBe(1_000)
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

  test('of 100,000 resources in a chain takes no recursion', { timeout: 60_000 }, () => {
    let below: Resource<unknown> | undefined
    for (let i = 0; i < 100_000; i++) {
      below = resource(`r${i}`, {
        dependsOn: (below === undefined ? {} : { below }) as Record<string, Resource<unknown>>,
        start: (): unknown => 1,
        stop,
      })
    }
    const plan = createKernel([below!]).plan()
    expect(plan.order).toHaveLength(100_000)
    expect(plan.criticalPath).toHaveLength(100_000)
    expect(plan.worstCaseShutdownMs).toBe(25_000)
  })
})

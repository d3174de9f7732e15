import { describe, expect, test } from 'vitest'
import { createKernel, type Dependencies, optional, type Resource, ref, resource } from '../index.js'
import { randomGraph, seeded } from '../test-support/random-graph.js'
import { keelsonError, rejection, startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { replace, simulate } from '../testing.js'

describe('S10 the base', () => {
  test('S10 starts before everything and stops after everything, without edges to it', async () => {
    const { clock, kernel, log, traced } = scene()
    const config = traced('config', { startMs: 5, stopMs: 5 })
    const otel = traced('otel', { dependsOn: { config }, startMs: 5, stopMs: 5 })
    const logger = traced('logger')
    const db = traced('db', { stopMs: 20 })
    const api = traced('api', { dependsOn: { db } })
    const app = kernel([api, traced('cron')], { base: [otel, logger] })
    await clock.run(app.start())
    expect(log).toEqual('start config, start logger, up config, start otel, up otel, start db, start cron, start api'.split(', '))
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual(
      'stop cron, stop api, stop db, stopped db, stop logger, stop otel, stopped otel, stop config, stopped config'.split(', '),
    )
  })

  test('S10 is above all in what comes after something else, holds a value of the base, or may do without one', async () => {
    const { clock, kernel, log, traced } = scene()
    const logger = traced('logger', { startMs: 10 })
    const otel = traced('otel', { startMs: 20 })
    const a = traced('a', { dependsOn: { logger } })
    const b = traced('b', { after: [a] })
    const c = traced('c', { dependsOn: { maybe: optional(logger), live: ref(otel) } })
    const app = kernel([a, b, c], { base: new Set([logger, otel]) })
    await clock.run(app.start())
    expect(log.slice(0, 4)).toEqual(['start logger', 'start otel', 'up logger', 'up otel'])
    await app.shutdown()
  })

  test('S10 plan() and inspect() show the edges that somebody wrote', async () => {
    const { kernel, traced } = scene()
    const logger = traced('logger')
    const db = traced('db', { dependsOn: { logger } })
    const app = kernel([traced('cron'), db], { base: [logger] })
    const edges = [[], [], [{ resource: 'logger', kind: 'required' }]]
    expect(app.plan().order).toEqual(['logger', 'cron', 'db'])
    expect(app.plan().resources.map(({ dependsOn }) => dependsOn)).toEqual(edges)
    expect(app.inspect().resources.map(({ dependsOn }) => dependsOn)).toEqual(edges)
  })

  test('S10 D3 the budget keeps a reserve for it', () => {
    const hooks = { start: () => 1, stop: () => {} }
    const api = resource('api', { ...hooks, drain: () => {}, timeouts: { drain: Infinity } })
    const { resources } = createKernel([api], { base: [resource('otel', hooks)] }).plan()
    expect(resources[1]!.shutdown.drain).toEqual({ askedMs: Infinity, grantedMs: 24_000, heldBy: ['otel'] })
  })

  test('S10 its failure is a failure of the start, and nothing else has started', async () => {
    const { clock, kernel, log, traced } = scene()
    const otel = traced('otel', { start: () => Promise.reject(new Error('no collector')) })
    const app = kernel([traced('db')], { base: [otel] })
    expect((await clock.run(startError(app.start()))).errors).toMatchObject([{ resource: 'otel', code: 'START_FAILED' }])
    expect(log).toEqual(['start otel'])
  })

  test('S10 one that the kernel can do without only delays the others', async () => {
    const { clock, kernel, log, traced } = scene()
    const otel = traced('otel', { start: () => Promise.reject(new Error('no collector')), impact: 'none' })
    const app = kernel([traced('db')], { base: [otel] })
    await clock.run(app.start())
    expect(log).toEqual(['start otel', 'start db'])
    expect(app.probe().status).toBe('ready')
    await app.shutdown()
  })

  test('S10 a rollback stops it last', async () => {
    const { clock, kernel, log, traced } = scene()
    const broken = traced('broken', { startMs: 10, start: () => Promise.reject(new Error('no')) })
    const app = kernel([traced('db', { stopMs: 5 }), broken], { base: [traced('logger')] })
    await clock.run(startError(app.start()))
    expect(log).toEqual(['start logger', 'start db', 'start broken', 'stop db', 'stopped db', 'stop logger'])
  })

  test('S10 what is added later is above it, too, also when gaps were closed meanwhile', async () => {
    const { clock, kernel, log, traced } = scene()
    const logger = traced('logger')
    const app = await kernel([traced('db')], { base: [logger] }).start()
    for (let i = 0; i < 10; i++) {
      const passing = traced(`passing${i}`)
      await app.add(passing)
      await app.remove(passing)
    }
    const late = traced('late', { stopMs: 5 })
    await app.add(late)
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual(['stop late', 'stop db', 'stopped late', 'stop logger'])
    log.length = 0
    await clock.run(app.start())
    await clock.run(app.shutdown())
    expect(log).toEqual(['start logger', 'start db', 'start late', 'stop late', 'stop db', 'stopped late', 'stop logger'])
  })

  test('S10 what came after something that was removed is still above it', async () => {
    const { clock, kernel, log, traced } = scene()
    const migrations = traced('migrations')
    const api = traced('api', { after: [migrations], stopMs: 5 })
    const app = await kernel([api], { base: [traced('logger')] }).start()
    await app.remove(migrations)
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual(['stop api', 'stopped api', 'stop logger'])
  })

  test('S10 a restart of it restarts what holds its value, and nothing else', async () => {
    const { clock, kernel, log, traced } = scene()
    const logger = traced('logger')
    const db = traced('db', { dependsOn: { logger } })
    const app = await kernel([db, traced('cron')], { base: [logger] }).start()
    log.length = 0
    await clock.run(app.restart(logger))
    expect(log).toEqual(['stop db', 'stop logger', 'start logger', 'start db'])
    await clock.run(app.shutdown())
  })

  test('S10 it may be removed unless somebody holds its value', async () => {
    const { clock, kernel, log, traced } = scene()
    const [logger, otel] = [traced('logger'), traced('otel')]
    const app = await kernel([traced('db', { dependsOn: { logger } })], { base: [logger, otel] }).start()
    expect(await rejection(app.remove(logger))).toMatchObject({ code: 'HAS_DEPENDENTS', details: { dependents: ['db'] } })
    await app.remove(otel)
    await app.add(traced('late'))
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual(['stop late', 'stop db', 'stop logger'])
  })

  test('S10 a stand-in takes its place', async () => {
    const { clock, kernel, log, traced } = scene()
    const otel = traced('otel')
    const app = kernel([traced('db')], { base: [otel], replace: [replace(otel, traced('fake', { startMs: 5 }))] })
    await clock.run(app.start())
    expect(log).toEqual(['start fake', 'up fake', 'start db'])
    await clock.run(app.shutdown())
  })

  test('S10 one that is in both lists is of the base; another of its name is a duplicate', () => {
    const { kernel, traced } = scene()
    const logger = traced('logger')
    expect(kernel([traced('db'), logger], { base: [logger] }).plan().order).toEqual(['logger', 'db'])
    expect(keelsonError(() => kernel([traced('logger')], { base: [logger] })).code).toBe('DUPLICATE_RESOURCE')
  })

  test('S10 an addition that is refused leaves no trace of its edges', async () => {
    const { clock, kernel, log, traced } = scene()
    const logger = traced('logger')
    const app = await kernel([traced('db')], { base: [logger] }).start()
    expect(await rejection(app.add(traced('fine'), traced('db')))).toMatchObject({ code: 'DUPLICATE_RESOURCE' })
    const late = traced('late', { dependsOn: { logger } })
    await app.add(late)
    expect(app.plan().resources.at(-1)!.dependsOn).toEqual([{ resource: 'logger', kind: 'required' }])
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual(['stop late', 'stop db', 'stop logger'])
  })

  test('S10 holds in random graphs through failures, restarts, additions and removals', { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const resources = randomGraph(seed, seeded(seed))
      const otel = resource('otel', { start: () => 1, stop: () => {}, impact: seed % 3 === 0 ? 'none' : 'unready' })
      await simulate(resources, { runs: 30, seed, kernel: { base: [otel, resources[0]!] } })
    }
  })

  test('S10 G2 holds a chain of 50,000 resources', { timeout: 60_000 }, async () => {
    let top: Resource<unknown> | undefined
    for (let i = 0; i < 50_000; i++) {
      const dependsOn: Dependencies = top === undefined ? {} : { below: top }
      top = resource<unknown, Dependencies>(`r${i}`, { dependsOn, start: () => 1 })
    }
    const { clock, kernel, traced } = scene()
    const app = kernel([top!], { base: [traced('logger')] })
    await clock.run(app.start())
    expect(app.plan().order.slice(0, 2)).toEqual(['logger', 'r0'])
    expect((await clock.run(app.shutdown())).outcomes.at(-1)).toMatchObject({ resource: 'logger', outcome: 'stopped' })
  })
})

import { describe, expect, test } from 'vitest'
import { optional, ref, type StartContext } from '../index.js'
import { ONCE, stateOf } from '../test-support/handled.js'
import { rejection } from '../test-support/rejection.js'
import { type Scene, scene, type TracedOptions } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

const EVEN = { delay: 100, factor: 1, jitter: 0 }

/** A cache that cannot be started before `there` is set. */
function missing({ traced }: Pick<Scene, 'traced'>, options: TracedOptions = {}) {
  const it = { there: false, tries: 0, ctx: undefined as unknown as StartContext }
  const cache = traced('cache', {
    impact: 'degraded',
    retry: EVEN,
    ...options,
    start: (_, ctx) => {
      it.tries++
      it.ctx = ctx
      if (!it.there) throw new Error('refused')
      return `cache#${it.tries}`
    },
  })
  return { it, cache }
}

describe('R2 late arrivals', () => {
  test('R2 the kernel waits for the first try only, and takes it in when a later one succeeds', async () => {
    const world = scene()
    const { clock, kernel, traced, elapsed } = world
    const { it, cache } = missing(world)
    const api = traced('api', { dependsOn: { cache: ref(cache) }, start: ({ cache }) => cache })
    const app = await clock.run(kernel([api]).start())
    expect([elapsed(), app.probe().status, stateOf(app, 'cache'), it.tries]).toEqual([0, 'degraded', 'failed', 1])
    expect(app.probe().reasons[0]!.message).toBe('cache: try 1 failed: refused; again in 0.1 s')
    await clock.advance(250)
    expect([it.tries, app.probe().reasons[0]!.message]).toEqual([3, 'cache: try 3 failed: refused; again in 0.1 s'])
    it.there = true
    await clock.advance(100)
    expect([app.get(cache), app.probe()]).toEqual(['cache#4', expect.objectContaining({ status: 'ready', reasons: [] })])
    const live = app.get(api) as unknown as { current: unknown }
    expect(live.current).toBe('cache#4')
    await clock.run(app.shutdown())
  })

  test('R2 what failed for want of it starts then, under the same rules, and all of it is told once', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const { it, cache } = missing(world)
    let first = true
    const pages = traced('pages', {
      dependsOn: { cache },
      impact: 'none',
      retry: EVEN,
      start: ({ cache }) => {
        if (first) {
          first = false
          throw new Error('not yet')
        }
        return `pages of ${cache}`
      },
    })
    const feed = traced('feed', { dependsOn: { pages }, impact: 'none', start: ({ pages }) => `feed of ${pages}` })
    const api = traced('api', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `api with ${cache}` })
    const app = kernel([feed, api])
    const events = recordEvents(app)
    await clock.run(app.start())
    expect([stateOf(app, 'pages'), stateOf(app, 'feed'), app.get(api)]).toEqual(['failed', 'failed', 'api with undefined'])
    it.there = true
    await clock.advance(100)
    expect([stateOf(app, 'cache'), stateOf(app, 'pages'), stateOf(app, 'feed')]).toEqual(['running', 'failed', 'failed'])
    await clock.advance(100)
    expect([app.get(feed), app.get(api), app.probe().status]).toEqual(['feed of pages of cache#2', 'api with undefined', 'ready'])
    expect(log.filter((line) => line.startsWith('stop'))).toEqual([])
    expect(events.lines().filter((line) => /try|regained/.test(line))).toEqual([
      'cache: try 1 failed',
      'cache: regained, with pages, feed',
      'pages: try 1 failed',
      'pages: regained, with feed',
    ])
    expect(events.lines().filter((line) => line.endsWith('START_FAILED'))).toEqual([])
    await clock.run(app.shutdown())
  })

  test("R2 who holds it as optional keeps undefined; with late: 'restart' it goes down and comes back with it", async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const { it, cache } = missing(world)
    const calm = traced('calm', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `calm with ${cache}` })
    const eager = traced('eager', {
      dependsOn: { cache: optional(cache, { late: 'restart' }) },
      start: ({ cache }) => `eager with ${cache}`,
    })
    const above = traced('above', { dependsOn: { eager }, start: ({ eager }) => `above ${eager}` })
    const app = await clock.run(kernel([calm, above]).start())
    it.there = true
    log.length = 0
    await clock.advance(100)
    expect(log).toEqual(['start cache', 'stop above', 'stop eager', 'start eager', 'start above'])
    expect([app.get(calm), app.get(above)]).toEqual(['calm with undefined', 'above eager with cache#2'])
    await clock.run(app.shutdown())
  })

  test('R2 what runs without it is left alone when it is restarted, and goes down when it holds it', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const { it, cache } = missing(world, { restart: ONCE })
    const without = traced('without', { dependsOn: { cache: optional(cache) } })
    const app = await clock.run(kernel([without]).start())
    it.there = true
    await clock.advance(100)
    const holds = traced('holds', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `holds ${cache}` })
    await clock.run(app.add(holds))
    log.length = 0
    it.ctx.crashed(new Error('gone'))
    await clock.settle()
    expect(log).toEqual(['stop holds', 'stop cache', 'start cache', 'start holds'])
    expect(app.get(holds)).toBe('holds cache#3')
    await clock.run(app.shutdown())
  })

  test('R2 what it is lost to is left alone when it runs without it', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const { it, cache } = missing(world)
    const without = traced('without', { dependsOn: { cache: optional(cache) } })
    const app = await clock.run(kernel([without]).start())
    it.there = true
    await clock.advance(100)
    log.length = 0
    it.ctx.crashed(new Error('gone'))
    await clock.advance(1_000)
    expect([log, stateOf(app, 'without'), stateOf(app, 'cache')]).toEqual([[], 'running', 'failed'])
    await clock.run(app.shutdown())
  })

  test('R2 nobody waits for a background try: what is added or crashes meanwhile comes up without it', async () => {
    const world = scene()
    const { clock, kernel, traced, delay, elapsed } = world
    let tries = 0
    const cache = traced('cache', {
      impact: 'degraded',
      retry: EVEN,
      start: () => (++tries === 1 ? Promise.reject(new Error('refused')) : delay(5_000, 'cache')),
    })
    let ctx!: StartContext
    const api = traced('api', {
      dependsOn: { cache: optional(cache) },
      restart: ONCE,
      start: ({ cache }, context) => {
        ctx = context
        return `api with ${cache}`
      },
    })
    const app = await clock.run(kernel([api]).start())
    await clock.advance(150)
    expect(stateOf(app, 'cache')).toBe('starting')
    expect(app.probe().reasons[0]!.message).toBe('cache: try 1 failed: refused; try 2 is under way')
    const added = traced('added', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `added with ${cache}` })
    const needs = traced('needs', { dependsOn: { cache }, impact: 'none', start: ({ cache }) => `needs ${cache}` })
    await clock.run(app.add(added, needs))
    ctx.crashed(new Error('gone'))
    await clock.settle()
    expect([app.get(added), app.get(api), stateOf(app, 'needs'), elapsed()]).toEqual([
      'added with undefined',
      'api with undefined',
      'failed',
      150,
    ])
    await clock.advance(5_000)
    expect([app.get(cache), app.get(needs)]).toEqual(['cache', 'needs cache'])
    await clock.run(app.shutdown())
  })

  test('R2 an addition whose own resource is late goes on without it', async () => {
    const world = scene()
    const { clock, kernel, traced, elapsed } = world
    const { it, cache } = missing(world, { activate: () => world.log.push('activate cache') as never })
    const app = await clock.run(kernel([traced('api')]).start())
    await clock.run(app.add(cache))
    expect([elapsed(), app.probe().status]).toEqual([0, 'degraded'])
    it.there = true
    await clock.advance(100)
    expect([app.get(cache), app.probe().status, world.log.at(-1)]).toEqual(['cache#2', 'ready', 'activate cache'])
    await clock.run(app.shutdown())
  })

  test('R2 S9 what comes late is activated, with what comes back for it after it', async () => {
    const world = scene()
    const { clock, kernel, traced, log, delay } = world
    const activate = (name: string) => ({
      activate: async () => {
        log.push(`activate ${name}`)
        await delay(10)
        log.push(`activated ${name}`)
      },
    })
    const { it, cache } = missing(world, activate('cache'))
    const pages = traced('pages', { dependsOn: { cache }, impact: 'none', ...activate('pages') })
    const app = await clock.run(kernel([pages]).start())
    it.there = true
    log.length = 0
    await clock.advance(105)
    expect(app.probe().status).toBe('degraded')
    await clock.advance(100)
    expect(log).toEqual(['start cache', 'start pages', 'activate cache', 'activated cache', 'activate pages', 'activated pages'])
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('R2 it may come while the kernel still starts, and is activated with everything', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const { it, cache } = missing(world, { activate: () => log.push('activate cache') as never })
    const pages = traced('pages', { dependsOn: { cache }, impact: 'none' })
    const app = kernel([pages, traced('slow', { startMs: 1_000 })])
    const started = app.start()
    await clock.advance(50)
    it.there = true
    await clock.advance(100)
    expect([app.state, stateOf(app, 'cache'), stateOf(app, 'pages')]).toEqual(['starting', 'running', 'running'])
    await clock.run(started)
    expect(log).toEqual(['start cache', 'start slow', 'start cache', 'start pages', 'up slow', 'activate cache'])
    await clock.run(app.shutdown())
  })

  test('R2 each try may take as long as timeouts.start, and a hung first one delays the start no longer than that', async () => {
    const world = scene()
    const { clock, kernel, traced, elapsed, delay } = world
    let tries = 0
    const cache = traced('cache', {
      impact: 'none',
      retry: EVEN,
      timeouts: { start: 300 },
      start: (_, { signal }) =>
        ++tries < 4
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : delay(250, 'cache'),
    })
    const app = await clock.run(kernel([cache]).start())
    expect(elapsed()).toBe(300)
    await clock.advance(3 * 400 + 250)
    expect([tries, app.get(cache)]).toEqual([4, 'cache'])
    await clock.run(app.shutdown())
  })

  test('R2 when its attempts are used up it has failed, and the number of tries is told', async () => {
    const world = scene()
    const { clock, kernel } = world
    const { it, cache } = missing(world, { retry: { ...EVEN, attempts: 3 } })
    const app = kernel([cache])
    const events = recordEvents(app)
    await clock.run(app.start())
    await clock.advance(10_000)
    expect(it.tries).toBe(3)
    expect(app.probe().reasons[0]!.message).toBe('resource "cache" failed to start after 3 tries: refused')
    const told = events.events.filter((event) => event.type === 'resource:error')
    expect(told).toMatchObject([{ error: { code: 'START_FAILED', details: { tries: 3 } } }])
    await clock.run(app.shutdown())
  })

  test('R2 what is tried in the background keeps no process alive, and a shutdown ends it', async () => {
    const world = scene()
    const { clock, kernel } = world
    const { it, cache } = missing(world)
    const app = await clock.run(kernel([cache]).start())
    await clock.advance(120)
    const report = await clock.run(app.shutdown())
    expect(report).toMatchObject({ ok: true, outcomes: [{ outcome: 'never-started' }] })
    await clock.advance(1_000)
    expect(it.tries).toBe(2)
  })

  test('R2 a shutdown during a background try waits until that has ended', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    let tries = 0
    const cache = traced('cache', {
      impact: 'none',
      retry: EVEN,
      start: (_, { signal }) =>
        ++tries === 1
          ? Promise.reject(new Error('refused'))
          : new Promise((_, reject) =>
              signal.addEventListener('abort', () => {
                log.push('told to end')
                reject(signal.reason)
              }),
            ),
    })
    const app = await clock.run(kernel([cache]).start())
    await clock.advance(110)
    await clock.run(app.shutdown())
    expect(log.at(-1)).toBe('told to end')
    expect(tries).toBe(2)
  })

  test('R2 a removal ends it, and restart() takes it over', async () => {
    const world = scene()
    const { clock, kernel } = world
    const { it, cache } = missing(world)
    const app = await clock.run(kernel([cache]).start())
    await clock.run(app.remove(cache))
    await clock.advance(1_000)
    expect([it.tries, app.probe().status]).toEqual([1, 'ready'])
    await clock.run(app.add(cache))
    await expect(clock.run(app.restart(cache))).rejects.toThrow('refused')
    expect(it.tries).toBe(3)
    await clock.advance(100)
    expect(it.tries).toBe(4)
    it.there = true
    await clock.run(app.restart(cache))
    await clock.advance(1_000)
    expect([app.get(cache), it.tries]).toEqual(['cache#5', 5])
    await clock.run(app.shutdown())
  })

  test('R2 what it needs may be restarted meanwhile: the try that goes on does not count', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    let net!: StartContext
    const low = traced('net', {
      restart: ONCE,
      start: (_, ctx) => {
        net = ctx
        return 'net'
      },
    })
    let tries = 0
    const cache = traced('cache', {
      dependsOn: { low },
      impact: 'none',
      retry: { ...EVEN, attempts: 3 },
      start: (_, { signal }) => {
        tries++
        if (tries === 2) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        if (tries === 4) return 'cache'
        throw new Error('refused')
      },
    })
    const app = await clock.run(kernel([cache]).start())
    await clock.advance(110)
    net.crashed(new Error('gone'))
    await clock.settle()
    expect(log).toEqual(['start net', 'start cache', 'start cache', 'stop net', 'start net'])
    await clock.advance(300)
    expect(app.get(cache)).toBe('cache')
    await clock.run(app.shutdown())
  })

  test('R2 a try that succeeds while what it needs goes down has not arrived: it is stopped, and tried again after that', async () => {
    const world = scene()
    const { clock, kernel, traced, log, delay } = world
    let net!: StartContext
    let nets = 0
    const low = traced('net', {
      restart: ONCE,
      start: (_, ctx) => {
        net = ctx
        return `net#${++nets}`
      },
    })
    let tries = 0
    const cache = traced('cache', {
      dependsOn: { low },
      impact: 'none',
      retry: EVEN,
      start: ({ low }) => (++tries === 1 ? Promise.reject(new Error('refused')) : delay(50, `cache on ${low}`)),
    })
    const slow = traced('slow', { dependsOn: { low, cache: optional(cache) }, stopMs: 100 })
    const app = await clock.run(kernel([slow]).start())
    await clock.advance(110)
    net.crashed(new Error('gone'))
    log.length = 0
    await clock.advance(1_000)
    expect(log).toEqual(['stop cache', 'stopped slow', 'stop net', 'start net', 'start slow', 'start cache'])
    expect([app.get(cache), tries]).toEqual(['cache on net#2', 3])
    await clock.run(app.shutdown())
  })

  test('R2, H9 a try that goes on when what it needs is lost does not run without it, also where nothing else goes down', async () => {
    const world = scene()
    const { clock, kernel, traced, delay } = world
    let net!: StartContext
    const low = traced('net', {
      impact: 'degraded',
      start: (_, ctx) => {
        net = ctx
        return 'net'
      },
    })
    let tries = 0
    const cache = traced('cache', {
      dependsOn: { low },
      impact: 'none',
      retry: EVEN,
      start: () => (++tries === 1 ? Promise.reject(new Error('refused')) : delay(50, 'cache')),
    })
    const app = await clock.run(kernel([cache]).start())
    await clock.advance(110)
    net.crashed(new Error('gone'))
    await clock.advance(1_000)
    expect([stateOf(app, 'net'), stateOf(app, 'cache'), tries]).toEqual(['failed', 'failed', 2])
    await clock.run(app.shutdown())
  })

  test("R2 S9 late: 'restart' comes before the activation that waited for the arrival: where that fails the start, nothing begins after it", async () => {
    const world = scene()
    const { clock, kernel, traced, log, delay } = world
    const { it, cache } = missing(world)
    const pages = traced('pages', { dependsOn: { cache }, impact: 'none', start: () => delay(100, 'pages') })
    const site = traced('site', { dependsOn: { pages: optional(pages, { late: 'restart' }) }, stopMs: 50 })
    const slow = traced('slow', { start: () => delay(150) })
    const job = traced('job', {
      activate: () => {
        throw new Error('no')
      },
    })
    const app = kernel([site, slow, job])
    const events = recordEvents(app)
    const started = rejection(app.start())
    await clock.advance(50)
    it.there = true
    await clock.run(started)
    const lines = events.lines()
    const rollback = lines.indexOf('kernel: starting → stopping')
    expect(lines.findIndex((line) => line.startsWith('site: restart'))).toBeLessThan(rollback)
    expect(lines.slice(rollback).filter((line) => /(→ (re)?starting|restart)/.test(line) && !line.startsWith('probe'))).toEqual(
      [],
    )
    expect([log.filter((line) => line === 'start site').length, stateOf(app, 'site')]).toEqual([2, 'stopped'])
    await clock.run(app.shutdown())
  })

  test('R2 two that are late: what needs both comes with the second', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    let other = false
    const { it, cache } = missing(world)
    const queue = traced('queue', {
      impact: 'degraded',
      retry: EVEN,
      start: () => {
        if (!other) throw new Error('refused')
        return 'queue'
      },
    })
    const both = traced('both', { dependsOn: { cache, queue }, impact: 'none', start: ({ cache, queue }) => `${cache} ${queue}` })
    const app = await clock.run(kernel([both]).start())
    it.there = true
    await clock.advance(100)
    expect(stateOf(app, 'both')).toBe('failed')
    other = true
    await clock.advance(100)
    expect(app.get(both)).toBe('cache#2 queue')
    await clock.run(app.shutdown())
  })

  test('R2 a start that fails ends what is tried in the background', async () => {
    const world = scene()
    const { clock, kernel, traced, delay } = world
    const { it, cache } = missing(world)
    const app = kernel([cache, traced('broken', { start: () => delay(250).then(() => Promise.reject(new Error('no'))) })])
    await clock.run(app.start()).catch(() => {})
    await clock.advance(1_000)
    expect([app.state, it.tries]).toEqual(['failed', 3])
  })
})

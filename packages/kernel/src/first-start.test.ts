import { expect, test } from 'vitest'
import { optional, type Ref, ref, resource } from './index.js'
import { stateOf } from './testing/handled.js'
import { startError } from './testing/rejection.js'
import { type Scene, scene } from './testing/scene.js'
import { recordEvents } from './testing.js'

const POLICY = { attempts: 3, within: 10_000, delay: 100, factor: 2, jitter: 0 }

/** A resource that can be missed, and whose first starts fail. */
function late(world: Scene, failures: number) {
  let starts = 0
  return world.traced('cache', {
    impact: 'degraded',
    restart: POLICY,
    start: () => {
      if (++starts <= failures) throw new Error(`not there yet, ${starts}`)
      return `cache#${starts}`
    },
  })
}

test('S4 what could not be started is tried again by its policy once the kernel runs', async () => {
  const world = scene()
  const cache = late(world, 2)
  const app = world.kernel([cache, world.traced('slow', { startMs: 1_000 })])
  const { events } = recordEvents(app)
  await world.clock.run(app.start())
  expect(world.elapsed()).toBe(1_000)
  expect(app.probe()).toMatchObject({ status: 'degraded', reasons: [{ resource: 'cache', state: 'restarting' }] })
  await world.clock.advance(300)
  expect(world.log).toEqual(['start cache', 'start slow', 'up slow', 'start cache', 'start cache'])
  expect(app.get(cache)).toBe('cache#3')
  expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
  const about = events.flatMap((event) => (event.type.startsWith('restart:') || event.type === 'kernel:state' ? [event] : []))
  expect(about).toMatchObject([
    { type: 'kernel:state', to: 'starting' },
    { type: 'kernel:state', to: 'running' },
    {
      type: 'restart:scheduled',
      resource: 'cache',
      attempt: 1,
      delayMs: 100,
      resources: ['cache'],
      error: { code: 'START_FAILED' },
    },
    { type: 'restart:scheduled', resource: 'cache', attempt: 2, delayMs: 200 },
    { type: 'restart:done', resource: 'cache', attempt: 2 },
  ])
  expect((await world.clock.run(app.shutdown())).ok).toBe(true)
  expect(world.log.slice(-2)).toEqual(['stop slow', 'stop cache'])
})

test('S4 what requires it comes up with it', async () => {
  const world = scene()
  const cache = late(world, 1)
  const pages = world.traced('pages', { dependsOn: { cache }, impact: 'none', start: ({ cache }) => `pages on ${cache}` })
  const app = await world.clock.run(world.kernel([pages]).start())
  expect(app.inspect().resources[1]).toMatchObject({ state: 'restarting', error: expect.stringContaining('"cache" failed') })
  await world.clock.advance(100)
  expect(app.get(pages)).toBe('pages on cache#2')
  expect(app.probe().status).toBe('ready')
  await world.clock.run(app.shutdown())
})

test('S4 what can do without it runs on undisturbed, a ref sees it come, and a restart that is asked for brings it', async () => {
  const world = scene()
  const cache = late(world, 2)
  let seen: Ref<string> | undefined
  const api = world.traced('api', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `api with ${cache}` })
  const page = world.traced('page', {
    dependsOn: { cache: ref(cache) },
    start: ({ cache }) => {
      seen = cache as Ref<string>
      return 'page'
    },
  })
  const app = await world.clock.run(world.kernel([api, page]).start())
  expect(seen!.current).toBeUndefined()
  await world.clock.advance(300)
  expect(world.log).toEqual(['start cache', 'start api', 'start page', 'start cache', 'start cache'])
  expect(app.get(api)).toBe('api with undefined')
  expect(seen!.current).toBe('cache#3')
  await world.clock.run(app.restart(api))
  expect(app.get(api)).toBe('api with cache#3')
  await world.clock.run(app.shutdown())
})

test('H4 what runs without it goes along with a restart that is asked for, and gets it', async () => {
  const world = scene()
  const cache = late(world, 1)
  const api = world.traced('api', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `api with ${cache}` })
  const app = await world.clock.run(world.kernel([api]).start())
  expect(app.get(api)).toBe('api with undefined')
  await world.clock.run(app.restart(cache))
  expect(app.get(api)).toBe('api with cache#2')
  await world.clock.run(app.shutdown())
})

test('S4 when no attempt is left it has failed for good, with what requires it, and the kernel runs', async () => {
  const world = scene()
  const cache = late(world, 99)
  const pages = world.traced('pages', { dependsOn: { cache }, impact: 'none' })
  const app = await world.clock.run(world.kernel([pages]).start())
  const { events } = recordEvents(app)
  await world.clock.advance(700)
  expect(world.log).toEqual(['start cache', 'start cache', 'start cache', 'start cache'])
  expect(events.find(({ type }) => type === 'restart:exhausted')).toMatchObject({ resource: 'cache', attempts: 3 })
  expect(app.inspect().resources).toMatchObject([
    { state: 'failed', error: expect.stringContaining('failed again after 3 restarts') },
    { state: 'failed', error: expect.stringContaining('"cache" failed') },
  ])
  expect(app.probe()).toMatchObject({ status: 'degraded', live: true })
  await world.clock.run(app.shutdown())
})

test('S4 without a policy nothing is tried again', async () => {
  const world = scene()
  const cache = world.traced('cache', {
    impact: 'degraded',
    start: () => {
      throw new Error('not there')
    },
  })
  const app = await world.clock.run(world.kernel([cache]).start())
  await world.clock.advance(60_000)
  expect(world.log).toEqual(['start cache'])
  expect(stateOf(app, 'cache')).toBe('failed')
  await world.clock.run(app.shutdown())
})

test('S3 the first start of what matters is not tried again, whatever its policy: the start fails', async () => {
  const world = scene()
  const db = world.traced('db', {
    restart: POLICY,
    start: () => {
      throw new Error('not there')
    },
  })
  const failed = startError(world.kernel([db]).start())
  await world.clock.run(failed)
  expect(world.log).toEqual(['start db'])
})

test('S4 one whose first check never passed is tried again', async () => {
  const world = scene()
  let up = false
  const cache = world.traced('cache', { impact: 'degraded', restart: POLICY, check: () => up, timeouts: { start: 50 } })
  const app = await world.clock.run(world.kernel([cache]).start())
  expect(app.probe().status).toBe('degraded')
  up = true
  await world.clock.advance(100)
  expect(world.log).toEqual(['start cache', 'stop cache', 'start cache'])
  expect(app.probe().status).toBe('ready')
  await world.clock.run(app.shutdown())
})

test('S4 one that crashed before the kernel ran comes back, with all that had its value', async () => {
  const world = scene()
  let starts = 0
  const cache = resource('cache', {
    impact: 'degraded',
    restart: POLICY,
    start: (_, ctx) => {
      if (++starts === 1) world.clock.setTimeout(() => ctx.crashed(new Error('gone')), 10)
      return starts
    },
  })
  const api = world.traced('api', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `api with ${cache}` })
  const app = await world.clock.run(world.kernel([api, world.traced('slow', { startMs: 50 })]).start())
  expect(stateOf(app, 'api')).toBe('restarting')
  await world.clock.advance(100)
  expect(app.get(api)).toBe('api with 2')
  expect(app.probe().status).toBe('ready')
  await world.clock.run(app.shutdown())
})

test('S4 one that is added and cannot be started is tried again, after the addition', async () => {
  const world = scene()
  const app = await world.clock.run(world.kernel([world.traced('db')]).start())
  const cache = late(world, 1)
  const pages = world.traced('pages', { dependsOn: { cache }, impact: 'none' })
  await world.clock.run(app.add(pages))
  expect(stateOf(app, 'cache')).toBe('restarting')
  await world.clock.advance(100)
  expect(app.get(pages)).toBe('pages')
  await world.clock.run(app.remove(cache, { dependents: true }))
  await world.clock.run(app.shutdown())
  expect(world.log).toEqual(['start db', 'start cache', 'start cache', 'start pages', 'stop pages', 'stop cache', 'stop db'])
})

test('S4 one that is removed while it is tried again is gone', async () => {
  const world = scene()
  const cache = late(world, 99)
  const app = await world.clock.run(world.kernel([cache]).start())
  await world.clock.advance(50)
  await world.clock.run(app.remove(cache))
  await world.clock.advance(60_000)
  expect(world.log).toEqual(['start cache'])
  expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
  await world.clock.run(app.shutdown())
})

test('S4 a shutdown ends the tries, one that a listener asks for as the kernel runs even before the first', async () => {
  const world = scene()
  const app = world.kernel([late(world, 99)])
  await world.clock.run(app.start())
  await world.clock.advance(100)
  expect(world.log).toHaveLength(2)
  const report = await world.clock.run(app.shutdown())
  expect(report).toMatchObject({ ok: true, outcomes: [{ resource: 'cache', outcome: 'never-started' }] })
  const { events } = recordEvents(app)
  app.on('kernel:state', ({ to }) => to === 'running' && void app.shutdown())
  await world.clock.run(app.start())
  await world.clock.run(app.shutdown())
  await world.clock.advance(60_000)
  expect(world.log).toHaveLength(3)
  expect(events.some(({ type }) => type === 'restart:scheduled')).toBe(false)
})

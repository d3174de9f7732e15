import { describe, expect, test } from 'vitest'
import { optional, type Resource, type Subgraph, subgraph } from '../index.js'
import { stateOf } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'
import { namesOf, unreachable } from '../test-support/tenancy.js'

const EVEN = { delay: 100, factor: 1, jitter: 0 }

describe('G5 R2 a subgraph that comes late', () => {
  test('G5 R2 the kernel goes on without it, and what failed for want of it comes with it', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    const { it, tenant } = unreachable(world, { retry: EVEN, impact: 'degraded' })
    const pages = traced('pages', { dependsOn: { tenant }, impact: 'none' })
    const eager = traced('eager', { dependsOn: { tenant: optional(tenant, { late: 'restart' }) } })
    const calm = traced('calm', { dependsOn: { tenant: optional(tenant) } })
    const app = await clock.run(kernel([pages, eager, calm]).start())
    expect([stateOf(app, 'tenant'), stateOf(app, 'pages'), app.probe().status]).toEqual(['failed', 'failed', 'degraded'])
    world.log.length = 0
    it.there = true
    await clock.advance(100)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(world.log).toEqual([...['start other', 'start db', 'start pool', 'stop eager', 'start pages', 'start eager']])
    await clock.run(app.shutdown())
  })

  test('G5 R2 a member that comes late completes its subgraph, which is not restarted for that', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    let there = false
    const cache = traced('cache', {
      impact: 'degraded',
      retry: EVEN,
      start: () => {
        if (!there) throw new Error('refused')
        return 'cache'
      },
    })
    const pages = traced('pages', { dependsOn: { cache }, impact: 'none' })
    const calm = traced('calm', { dependsOn: { cache: optional(cache) } })
    const tenant = subgraph('tenant', { resources: () => [cache, pages, calm] })
    const api = traced('api', { dependsOn: { tenant } })
    const app = await clock.run(kernel([api]).start())
    expect([app.probe().status, stateOf(app, 'tenant/pages')]).toEqual(['degraded', 'failed'])
    log.length = 0
    there = true
    await clock.advance(100)
    expect(log).toEqual(['start cache', 'start pages'])
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(app.get(tenant).get(cache)).toBe('cache')
    await clock.run(app.shutdown())
  })

  test('G5 R2 nothing of one that failed is tried in the background', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    const cache = traced('cache', { impact: 'degraded', retry: EVEN, start: () => Promise.reject(new Error('refused')) })
    const slow = traced('slow', { startMs: 50, start: () => world.delay(50).then(() => Promise.reject(new Error('no'))) })
    const tenant = subgraph('tenant', { impact: 'degraded', resources: () => [cache, slow] })
    const app = await clock.run(kernel([tenant]).start())
    expect(namesOf(app)).toEqual(['tenant'])
    log.length = 0
    await clock.advance(1_000)
    expect(log).toEqual([])
    await clock.run(app.shutdown())
  })

  test('G5 R2 a member that asks for what comes late takes the whole along', async () => {
    const world = scene()
    const { clock, kernel, traced, log } = world
    let there = false
    let made = 0
    const tenant = subgraph('tenant', {
      resources: () => {
        made++
        const cache = traced('cache', {
          impact: 'degraded',
          retry: EVEN,
          start: () => {
            if (!there) throw new Error('refused')
            return 'cache'
          },
        })
        return [cache, traced('web', { dependsOn: { cache: optional(cache, { late: 'restart' }) } })]
      },
    })
    const api = traced('api', { dependsOn: { tenant } })
    const app = await clock.run(kernel([api]).start())
    log.length = 0
    there = true
    await clock.advance(200)
    expect([made, app.probe().status]).toEqual([2, 'ready'])
    expect(log).toEqual(['start cache', 'stop api', 'stop web', 'stop cache', 'start cache', 'start web', 'start api'])
    await clock.advance(10_000)
    expect(made).toBe(2)
    await clock.run(app.shutdown())
  })

  test.each(['its subgraph', 'a member'])(
    'G5 R2 what comes late outside takes the whole along when %s asks for it',
    async (who) => {
      const world = scene()
      const { clock, kernel, traced, log } = world
      let there = false
      const cache = traced('cache', {
        impact: 'degraded',
        retry: EVEN,
        start: () => {
          if (!there) throw new Error('refused')
          return 'cache'
        },
      })
      const asks = { cache: optional(cache, { late: 'restart' }) }
      const tenant = subgraph('tenant', {
        dependsOn: who === 'a member' ? {} : asks,
        resources: () => [traced('web', { dependsOn: who === 'a member' ? asks : {} })],
      }) as Resource<Subgraph>
      const app = await clock.run(kernel([cache, traced('api', { dependsOn: { tenant } })]).start())
      log.length = 0
      there = true
      await clock.advance(100)
      expect(log).toEqual(['start cache', 'stop api', 'stop web', 'start web', 'start api'])
      expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
      await clock.run(app.shutdown())
    },
  )
})

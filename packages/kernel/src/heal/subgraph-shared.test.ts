import { describe, expect, test } from 'vitest'
import { subgraph } from '../index.js'
import { handled, stateOf } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'
import { unreachable } from '../test-support/tenancy.js'

describe('G5 H8 a subgraph that is shared', () => {
  test('G5 H8 a shared part of a part ends no replica either, nor does what needs it', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    const db = handled(world, 'db', { shared: true })
    const inner = subgraph('inner', { resources: () => [db.resource] })
    const outer = subgraph('outer', { resources: () => [traced('web', { dependsOn: { inner } })] })
    const app = await clock.run(kernel([traced('api', { dependsOn: { outer } })]).start())
    db.crash()
    await clock.settle()
    expect([stateOf(app, 'outer'), stateOf(app, 'api'), app.probe().live]).toEqual(['failed', 'failed', true])
    await clock.run(app.shutdown().catch(() => {}))
  })

  test('G5 H8 once a shared part has crashed, its restart goes on, whatever the attempts of the whole', async () => {
    const world = scene()
    const { clock, kernel } = world
    const db = handled(world, 'db', { shared: true })
    let there = true
    const tenant = subgraph('tenant', {
      restart: { attempts: 1, within: 60_000, delay: 10, maxDelay: 20, jitter: 0 },
      resources: () => {
        if (!there) throw new Error('no configuration')
        return [db.resource]
      },
    })
    const app = await clock.run(kernel([tenant]).start())
    there = false
    db.crash()
    await clock.advance(1_000)
    expect(app.probe()).toMatchObject({ status: 'unready', live: true })
    there = true
    await clock.advance(20)
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('G5 H8 one that is shared goes on being restarted by the policy of the part that crashes', async () => {
    const world = scene()
    const { clock, kernel } = world
    const db = handled(world, 'db', { restart: { attempts: 1, within: 60_000, delay: 10, maxDelay: 20, jitter: 0 } })
    const tenant = subgraph('tenant', { shared: true, resources: () => [db.resource] })
    const app = await clock.run(kernel([tenant]).start())
    for (let n = 0; n < 4; n++) {
      db.crash()
      await clock.advance(100)
    }
    expect([db.contexts.length, app.probe().status]).toEqual([5, 'ready'])
    await clock.run(app.shutdown())
  })

  test('G5 what has failed with one part is not lost again with another', async () => {
    const world = scene()
    const { clock, kernel } = world
    const [db, other] = [handled(world, 'db'), handled(world, 'other')]
    const tenant = subgraph('tenant', { impact: 'degraded', resources: () => [db.resource, other.resource] })
    const app = await clock.run(kernel([tenant]).start())
    const lost: string[] = []
    app.on('resource:lost', ({ error }) => lost.push(error.message))
    db.crash('first')
    other.crash('second')
    await clock.settle()
    expect(lost).toEqual(['resource "tenant/db" crashed: first'])
    await clock.run(app.shutdown().catch(() => {}))
  })

  test('G5 H8 what is not shared fails for good within one that is not, as ever', async () => {
    const world = scene()
    const { clock, kernel } = world
    const [db, other] = [handled(world, 'db', { shared: true }), handled(world, 'other')]
    const tenant = subgraph('tenant', { resources: () => [db.resource, other.resource] })
    const app = await clock.run(kernel([tenant]).start())
    other.crash()
    await clock.settle()
    expect(app.probe().live).toBe(false)
    await clock.run(app.shutdown().catch(() => {}))
  })

  test('G5 H8 degrades by default, is restarted for ever, and ends no replica', async () => {
    const world = scene()
    const { clock, kernel } = world
    const { it, tenant } = unreachable(world, {
      shared: true,
      restart: { attempts: 2, within: 60_000, delay: 10, maxDelay: 20, jitter: 0 },
    })
    it.there = true
    const app = await clock.run(kernel([tenant]).start())
    it.there = false
    const restarting = app.restart(tenant).catch(() => {})
    await clock.advance(5_000)
    expect(it.made).toBeGreaterThan(50)
    expect(app.probe()).toMatchObject({ status: 'degraded', live: true })
    it.there = true
    await clock.advance(20)
    await restarting
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test.each([true, false])('G5 H8 a member that is shared ends no replica, with a policy: %s', async (policy) => {
    const world = scene()
    const { clock, kernel, traced } = world
    const db = handled(world, 'db', { shared: true })
    let starts = 0
    const tenant = subgraph('tenant', {
      resources: () => [db.resource],
      ...(policy && { restart: { attempts: 1, within: 60_000, delay: 10, maxDelay: 20, jitter: 0 } }),
    })
    const api = traced('api', { dependsOn: { tenant }, start: () => ++starts })
    const app = await clock.run(kernel([api]).start())
    for (let n = 0; n < 4; n++) {
      db.crash()
      await clock.advance(100)
    }
    expect(app.probe().live).toBe(true)
    expect([starts, app.probe().status]).toEqual(policy ? [5, 'ready'] : [1, 'unready'])
    await clock.run(app.shutdown().catch(() => {}))
  })
})

test('G5 H9 one that was lost by the checks of a part is taken as it is when these pass, with what needs it', async () => {
  const world = scene()
  const { clock, kernel, traced, log } = world
  let healthy = true
  const tenant = subgraph('tenant', {
    restart: { attempts: 1, within: Infinity, delay: 0 },
    resources: () => [
      traced('db', { check: () => healthy, monitor: { interval: 10, failureThreshold: 2, gate: false } }),
      traced('other', { check: () => true, monitor: { interval: 10 } }),
    ],
  })
  const app = await clock.run(kernel([traced('api', { dependsOn: { tenant } })]).start())
  healthy = false
  await clock.advance(100)
  expect([app.state, app.probe().live, stateOf(app, 'tenant'), stateOf(app, 'api')]).toEqual([
    'failed',
    false,
    'failed',
    'failed',
  ])
  log.length = 0
  healthy = true
  await clock.advance(20)
  expect([app.state, app.probe().status, log]).toEqual(['running', 'ready', ['start api']])
  await clock.run(app.shutdown())
})

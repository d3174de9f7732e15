import { describe, expect, test } from 'vitest'
import { subgraph } from '../index.js'
import { stateOf } from '../test-support/handled.js'
import { startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { namesOf, unreachable } from '../test-support/tenancy.js'

const EVEN = { delay: 100, factor: 1, jitter: 0 }

describe('G5 R1 a subgraph that is tried again', () => {
  test('G5 R1 its resources are made anew for each try, and nothing of a try that failed is left', async () => {
    const world = scene()
    const { clock, kernel, traced, log, elapsed } = world
    const { it, tenant } = unreachable(world, { retry: EVEN })
    const api = traced('api', { dependsOn: { tenant } })
    const app = kernel([api])
    const starting = app.start()
    await clock.advance(150)
    expect(it.made).toBe(2)
    expect(stateOf(app, 'tenant')).toBe('starting')
    expect(namesOf(app)).toEqual(['tenant', 'api'])
    expect(app.probe().reasons.map(({ message }) => message)).toEqual([
      'tenant: try 2 failed: resource "tenant/db" failed to start: connect ECONNREFUSED; again in 0.1 s',
    ])
    it.there = true
    await clock.run(starting)
    expect([it.made, elapsed()]).toEqual([3, 200])
    expect(log).toEqual([
      ...['start other', 'start db', 'stop other', 'start other', 'start db', 'stop other'],
      ...['start other', 'start db', 'start pool', 'start api'],
    ])
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('G5 R1 when the tries are used up, the last failure within is told, with their number', async () => {
    const world = scene()
    const { tenant } = unreachable(world, { retry: { ...EVEN, attempts: 3 } })
    const { clock, kernel, elapsed, log } = world
    const error = await clock.run(startError(kernel([tenant]).start()))
    const own = error.errors.find(({ resource }) => resource === 'tenant')!
    expect(own.details).toMatchObject({ tries: 3 })
    expect(error.message).toContain('"tenant/db" failed to start: connect ECONNREFUSED')
    expect(elapsed()).toBe(200)
    expect(log.at(-1)).toBe('stop other')
  })

  test('G5 R1 timeouts.start bounds all tries together', async () => {
    const world = scene()
    const { it, tenant } = unreachable(world, { retry: EVEN, timeouts: { start: 250 } })
    const error = await world.clock.run(startError(world.kernel([tenant]).start()))
    expect([it.made, error.errors.find(({ resource }) => resource === 'tenant')!.details.tries]).toEqual([3, 3])
  })

  test('G5 R1 what resources() throws is tried again, unless nothing can mend it', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    let made = 0
    const flaky = subgraph('flaky', {
      retry: EVEN,
      resources: () => {
        if (++made < 3) throw new Error('no configuration yet')
        return [traced('x')]
      },
    })
    const app = await clock.run(kernel([flaky]).start())
    expect(made).toBe(3)
    await clock.run(app.shutdown())
    let asked = 0
    const wrong = subgraph('wrong', { retry: EVEN, resources: () => [++asked] as never })
    const error = await clock.run(startError(kernel([wrong]).start()))
    expect([asked, error.errors.at(-1)!.resource]).toEqual([1, 'wrong'])
  })

  test.each([50, 130])('G5 R1 a shutdown after %i ms ends it at once, and leaves nothing', async (ms) => {
    const world = scene()
    const { clock, kernel, delay, log, elapsed } = world
    const tenant = subgraph('tenant', {
      retry: EVEN,
      resources: () => [
        world.traced('other'),
        world.traced('db', { start: () => delay(60).then(() => Promise.reject(new Error('no'))) }),
      ],
    })
    const app = kernel([tenant])
    const failed = startError(app.start())
    await clock.advance(ms)
    const report = await clock.run(app.shutdown())
    await failed
    expect([elapsed() <= 60 + ms, log.filter((line) => line.includes('other')).at(-1)]).toEqual([true, 'stop other'])
    expect(report.ok).toBe(true)
  })

  test('G5 R1 an addition waits for it, and a removal ends its wait', async () => {
    const world = scene()
    const { clock, kernel, traced } = world
    const { it, tenant } = unreachable(world, { retry: EVEN })
    const app = await clock.run(kernel([traced('log')]).start())
    const adding = app.add(tenant)
    await clock.advance(150)
    it.there = true
    await clock.run(adding)
    expect([it.made, namesOf(app)]).toEqual([3, ['log', 'tenant/other', 'tenant/db', 'tenant/pool', 'tenant']])
    await clock.run(app.remove(tenant))
    it.there = false
    const again = app.add(tenant)
    const refused = expect(again).rejects.toMatchObject({ message: expect.stringContaining('tenant') })
    await clock.advance(50)
    await clock.run(app.remove(tenant))
    await refused
    expect(namesOf(app)).toEqual(['log'])
    await clock.run(app.shutdown())
  })

  test('G5 R1 a member that is tried again holds up its subgraph, which does not fail meanwhile', async () => {
    const world = scene()
    const { clock, kernel } = world
    const { it, tenant } = unreachable(world, {}, { retry: EVEN })
    const app = kernel([tenant])
    const starting = app.start()
    await clock.advance(250)
    expect([it.made, it.contexts, app.probe().reasons[0]!.resource]).toEqual([1, 3, 'tenant/db'])
    it.there = true
    await clock.run(starting)
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('G5 R1 a restart of it does not try again', async () => {
    const world = scene()
    const { clock, kernel } = world
    const { it, tenant } = unreachable(world, { retry: EVEN, impact: 'degraded' })
    it.there = true
    const app = await clock.run(kernel([tenant]).start())
    it.there = false
    await expect(clock.run(app.restart(tenant))).rejects.toMatchObject({ resource: 'tenant' })
    const { made } = it
    await clock.advance(1_000)
    expect(it.made).toBe(made)
    await clock.run(app.shutdown())
  })
})

import { describe, expect, test } from 'vitest'
import { type Impact, type Probe, resource, type StartContext } from '../index.js'
import { startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

const facts = ({ status, started, ready, live }: Probe) =>
  `${status}: ${[started && 'started', ready && 'ready', live && 'live'].filter(Boolean).join(' ')}`

describe('probe()', () => {
  test('H7 follows a whole life', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { startMs: 10, stopMs: 10 })], { shutdown: { delay: 10 } })
    const seen = [facts(app.probe())]
    app.on('probe:change', ({ probe, previous }) => {
      expect(facts(previous)).toBe(seen.at(-1))
      expect(app.probe()).toBe(probe)
      seen.push(facts(probe))
    })
    await clock.run(app.start())
    await clock.run(app.shutdown())
    expect(seen).toEqual([
      'idle: live',
      'starting: live',
      'ready: started ready live',
      'draining: started live',
      'stopping: started live',
      'stopped: live',
    ])
  })

  test('H7 a failed start: never started, never ready, not live until the next start', async () => {
    const { clock, kernel, traced } = scene()
    let broken = true
    const db = traced('db', { stopMs: 10 })
    const app = kernel([traced('a', { dependsOn: { db }, start: async () => broken && Promise.reject(new Error('no')) })])
    const seen: string[] = []
    app.on('probe:change', ({ probe }) => seen.push(facts(probe)))
    await clock.run(startError(app.start()))
    expect(seen.at(-1)).toBe('failed: ')
    expect(seen.some((line) => line.includes('ready'))).toBe(false)
    expect(app.probe().reasons).toMatchObject([{ resource: 'a', state: 'failed' }])
    broken = false
    await clock.run(app.start())
    expect(facts(app.probe())).toBe('ready: started ready live')
    await clock.run(app.shutdown())
  })

  test('S7 a shutdown during start: not ready, and live all the way', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { startMs: 50 })])
    const seen: string[] = []
    app.on('probe:change', ({ probe }) => seen.push(facts(probe)))
    const failed = startError(app.start())
    await clock.advance(10)
    await clock.run(app.shutdown())
    await failed
    expect(seen).toEqual(['starting: live', 'stopping: live', 'stopped: live'])
  })

  test('H7 is frozen, through and through', async () => {
    const { clock, kernel } = scene()
    const app = kernel([resource('a', { start: () => Promise.reject(new Error('no')), impact: 'none' })])
    await clock.run(app.start())
    const probe = app.probe()
    expect([probe, probe.reasons, probe.reasons[0]].every(Object.isFrozen)).toBe(true)
    await app.shutdown()
  })

  test('H7 is the same object until something changes, whether somebody listens or not', async () => {
    const { clock, kernel } = scene()
    let ctx: StartContext | undefined
    const app = kernel([
      resource('a', {
        start: (_, given) => {
          ctx = given
        },
        check: () => true,
      }),
    ])
    await clock.run(app.start())
    const before = app.probe()
    await clock.advance(60_000)
    ctx!.healthy()
    expect(app.probe()).toBe(before)
    ctx!.unhealthy('no')
    expect(app.probe()).not.toBe(before)
    await clock.run(app.shutdown())
  })

  test('H7 a probe that was taken does not change', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    const idle = app.probe()
    await app.start()
    expect(idle.status).toBe('idle')
    await app.shutdown()
  })

  test('H7 unready wins over degraded, degraded over none', async () => {
    const { kernel } = scene()
    const contexts = new Map<Impact, StartContext>()
    const impacts: Impact[] = ['unready', 'degraded', 'none']
    const app = kernel(
      impacts.map((impact) =>
        resource(impact, {
          impact,
          start: (_, ctx) => {
            contexts.set(impact, ctx)
          },
        }),
      ),
    )
    await app.start()
    const statuses: string[] = []
    for (let mask = 0; mask < 8; mask++) {
      for (const ctx of contexts.values()) ctx.healthy()
      // The worst first, so that a lesser trouble that comes after it cannot hide it.
      for (const [i, impact] of impacts.entries()) if (mask & (1 << i)) contexts.get(impact)!.unhealthy(`${impact} is sick`)
      const { status, ready, reasons } = app.probe()
      statuses.push(status)
      expect(ready).toBe(status !== 'unready')
      expect(reasons.map(({ resource }) => resource).sort()).toEqual(impacts.filter((_, i) => mask & (1 << i)).sort())
    }
    expect(statuses).toEqual(['ready', 'unready', 'degraded', 'unready', 'ready', 'unready', 'degraded', 'unready'])
    await app.shutdown()
  })

  test('H7 never shows ready between starting and a resource that was unhealthy from the start', async () => {
    const { kernel } = scene()
    const app = kernel([resource('a', { start: (_, { unhealthy }) => unhealthy('no') })])
    const seen: string[] = []
    app.on('probe:change', ({ probe }) => seen.push(probe.status))
    await app.start()
    expect(seen).not.toContain('ready')
    await app.shutdown()
  })

  test('H7 nothing of an earlier run is left in the reasons', async () => {
    const { clock, kernel } = scene()
    let ok = false
    const app = kernel([resource('a', { start: () => (ok ? 1 : Promise.reject(new Error('no'))), impact: 'degraded' })])
    await clock.run(app.start())
    expect(app.probe().reasons).toHaveLength(1)
    await app.shutdown()
    ok = true
    await clock.run(app.start())
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await app.shutdown()
  })

  test('H7 a listener that comes late hears only what changes from then on', async () => {
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')]).start()
    const seen: string[] = []
    app.on('probe:change', ({ probe, previous }) => seen.push(`${previous.status} → ${probe.status}`))
    expect(seen).toEqual([])
    await app.shutdown()
    expect(seen).toEqual(['ready → draining', 'draining → stopping', 'stopping → stopped'])
  })
})

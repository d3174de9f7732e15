import { expect, test } from 'vitest'
import { resource, type StartContext } from '../index.js'
import { seeded } from '../test-support/random-graph.js'
import { scene } from '../test-support/scene.js'
import type { ProbeReason } from './probe.js'
import { Reasons, type ReasonsVersion, reasonsOf } from './reasons.js'

const reason = (resource: string, message: string): ProbeReason => ({ resource, state: 'running', health: 'unhealthy', message })

test.each(Array.from({ length: 50 }, (_, seed) => seed))('H7 each version keeps the reasons of its moment (seed %i)', (seed) => {
  const random = seeded(seed)
  const reasons = new Reasons<number>()
  const model = new Map<number, ProbeReason>()
  const versions: { version: ReasonsVersion; are: ProbeReason[] }[] = []
  for (let i = 0; i < 300; i++) {
    const key = Math.floor(random() * 30)
    const dice = random()
    if (dice < 0.5) {
      const next = reason(`r${key}`, String(i))
      reasons.set(key, next)
      model.set(key, next)
    } else if (dice < 0.98) {
      reasons.delete(key)
      model.delete(key)
    } else {
      reasons.clear()
      model.clear()
    }
    expect(reasons.size).toBe(model.size)
    expect(reasons.get(key)).toBe(model.get(key))
    versions.push({ version: reasons.version, are: [...model.values()] })
  }
  for (const { version, are } of versions) expect(reasonsOf(version)).toEqual(are)
})

test('H7 events of the probe can be read later: each has the reasons of its moment, and is plain data', async () => {
  const { clock, kernel } = scene()
  const contexts: StartContext[] = []
  const many = [0, 1, 2].map((i) => resource(`r${i}`, { impact: 'degraded', start: (_, ctx) => contexts.push(ctx) }))
  const app = await clock.run(kernel(many).start())
  const probes = [app.probe()]
  app.on('probe:change', ({ probe, previous }) => {
    expect(previous).toBe(probes.at(-1))
    probes.push(probe)
  })
  for (const ctx of contexts) ctx.unhealthy(new Error('out'))
  contexts[1]!.healthy()
  contexts[0]!.unhealthy(new Error('out still'))
  const says = (probe: (typeof probes)[number]) =>
    probe.reasons.map(({ resource, message }) => `${resource} ${message.split(': ')[1]}`)
  expect(probes.map(says)).toEqual([
    [],
    ['r0 out'],
    ['r0 out', 'r1 out'],
    ['r0 out', 'r1 out', 'r2 out'],
    ['r0 out', 'r2 out'],
    ['r0 out still', 'r2 out'],
  ])
  const last = probes.at(-1)!
  expect(JSON.parse(JSON.stringify(last))).toEqual({ ...last })
  expect(last.reasons).toBe(last.reasons)
  expect(Object.isFrozen(last) && Object.isFrozen(last.reasons) && Object.isFrozen(last.reasons[0])).toBe(true)
  expect(app.probe()).toBe(last)
  await clock.run(app.shutdown())
})

test('H7 an outage of all of 20,000 resources costs a change each, with somebody who listens', { timeout: 20_000 }, async () => {
  const { clock, kernel } = scene()
  const contexts: StartContext[] = []
  const many = Array.from({ length: 20_000 }, (_, i) =>
    resource(`r${i}`, { impact: 'degraded', start: (_, ctx) => contexts.push(ctx), stop: () => {} }),
  )
  const app = kernel(many)
  let changes = 0
  app.on('probe:change', () => {
    changes++
  })
  await clock.run(app.start())
  for (const ctx of contexts) ctx.unhealthy(new Error('out'))
  expect(app.probe().reasons).toHaveLength(many.length)
  const report = await clock.run(app.shutdown())
  expect(report.ok).toBe(true)
  expect(changes).toBeGreaterThan(2 * many.length)
})

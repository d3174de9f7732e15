import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type Kernel, type Resource, resource } from '../index.js'
import { startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

const names = (app: Kernel) => app.inspect().resources.map(({ name }) => name)

describe('churn', () => {
  test('10,000 additions and removals leave nothing behind: ids are reused, plan and inspect stay right', async () => {
    const { clock, kernel, traced } = scene()
    const base = traced('base')
    const app = await clock.run(kernel([base, traced('user', { dependsOn: { base } })]).start())
    const log = recordEvents(app)
    log.stop()
    let heap = 0
    for (let i = 0; i < 10_000; i++) {
      const job = resource(`job${i}`, { dependsOn: { base }, start: () => i, stop: () => {}, check: () => true })
      await app.add(job)
      if (i % 1_000 === 500) {
        expect(app.plan().order).toEqual(['base', 'user', `job${i}`])
        expect(app.plan().resources.at(-1)!.dependsOn).toEqual([{ resource: 'base', kind: 'required' }])
        expect(names(app)).toEqual(['base', 'user', `job${i}`])
        expect(app.get(job)).toBe(i)
      }
      await app.remove(job)
      if (i === 2_000) heap = usedHeap()
    }
    expect(names(app)).toEqual(['base', 'user'])
    expect(app.timeline()).toHaveLength(2)
    // 8,000 more would be several MB if each left a cell, a history or an edge behind.
    expect(usedHeap() - heap).toBeLessThan(2_000_000)
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    await app.restart(base)
    expect(app.probe().status).toBe('ready')
    expect(await app.shutdown()).toMatchObject({ ok: true, outcomes: [{ resource: 'user' }, { resource: 'base' }] })
  })

  test('additions and removals among many that stay keep every edge right', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = await clock.run(kernel([traced('root')]).start())
    const made = [traced('m0')]
    await app.add(made[0]!)
    for (let i = 1; i < 60; i++) {
      const dependsOn = { below: made[Math.floor(i / 2)]! }
      made.push(traced(`m${i}`, { dependsOn }))
      await app.add(made[i]!)
    }
    // Every second leaf goes, and enough of them for the gaps to be closed.
    for (let i = 59; i >= 15; i--) await app.remove(made[i]!, { dependents: true })
    expect(app.inspect().resources.map(({ name, dependsOn }) => [name, dependsOn.map(({ resource }) => resource)])).toEqual([
      ['root', []],
      ['m0', []],
      ...Array.from({ length: 14 }, (_, i) => [`m${i + 1}`, [`m${Math.floor((i + 1) / 2)}`]]),
    ])
    log.length = 0
    await app.restart(made[3]!)
    expect(log.filter((line) => line.startsWith('stop'))).toEqual([
      'stop m14',
      'stop m13',
      'stop m12',
      'stop m7',
      'stop m6',
      'stop m3',
    ])
    await app.shutdown()
  })
})

/** After a collection where the runtime offers one. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

test('G2 an addition that fails after parts of it were removed, and their places given to others, is taken out', async () => {
  const world = scene()
  const { clock, traced, delay } = world
  const app = await clock.run(world.kernel([]).start())
  const fails = () => delay(1_000).then(() => Promise.reject(new Error('too late')))
  const [early, first, other, gone, slow] = [
    traced('early'),
    traced('first'),
    traced('other'),
    traced('gone'),
    traced('slow', { start: fails }),
  ]
  const added = startError(app.add(early, first, other, gone, slow))
  const remove = async (...resources: Resource<string>[]) => {
    for (const resource of resources) await clock.run(app.remove(resource, { dependents: true }))
  }
  await remove(gone, early, first) // by now the gaps are closed
  const fillers = ['a', 'b', 'c', 'd'].map((name) => traced(name))
  const inItsPlace = traced('in its place')
  const user = traced('user', { dependsOn: { inItsPlace } })
  await clock.run(app.add(fillers[0]!, user))
  await clock.run(app.add(...fillers.slice(1)))
  await remove(other, ...fillers) // and again
  await remove(inItsPlace) // and once more
  await clock.advance(1_000)
  expect((await added).errors).toMatchObject([{ code: 'START_FAILED', resource: 'slow' }])
  expect(app.inspect().resources).toEqual([])
  await clock.run(app.shutdown())
})

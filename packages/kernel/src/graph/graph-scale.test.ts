import { expect, test } from 'vitest'
import { createKernel, type Dependencies, type Resource, resource } from '../index.js'
import { virtualClock } from '../testing.js'

function chain(length: number, hook: (i: number) => unknown, stop: (i: number) => unknown): Resource<unknown> {
  let last: Resource<unknown> | undefined
  for (let i = 0; i < length; i++) {
    const dependsOn: Dependencies = last === undefined ? {} : { below: last }
    last = resource<unknown, Dependencies>(`r${i}`, { dependsOn, start: () => hook(i), stop: () => stop(i) })
  }
  return last!
}

/** Counts calls that come in the order 0, 1, 2, … or the reverse. */
function counter(from: number, step: number) {
  let next = from
  let disorder = 0
  return {
    call(i: number) {
      if (i !== next) disorder++
      next += step
    },
    get state() {
      return { next, disorder }
    },
  }
}

test('G2 a chain of 1,000,000 resources builds, starts and stops in order', { timeout: 180_000 }, async () => {
  const size = 1_000_000
  const clock = virtualClock()
  const [up, down] = [counter(0, 1), counter(size - 1, -1)]
  const top = chain(
    size,
    (i) => up.call(i),
    (i) => down.call(i),
  )
  const kernel = createKernel([top], { clock })
  await kernel.start()
  expect(kernel.probe().status).toBe('ready')
  expect(up.state).toEqual({ next: size, disorder: 0 })
  const report = await kernel.shutdown()
  expect(down.state).toEqual({ next: -1, disorder: 0 })
  expect(report).toMatchObject({ ok: true, errors: [] })
  expect(report.outcomes).toHaveLength(size)
  expect(clock.pending).toBe(0)
})

test('G2 a chain of 100,000 resources with asynchronous hooks builds, starts and stops in order', {
  timeout: 120_000,
}, async () => {
  const size = 100_000
  const clock = virtualClock()
  const [up, down] = [counter(0, 1), counter(size - 1, -1)]
  const top = chain(
    size,
    async (i) => up.call(i),
    async (i) => down.call(i),
  )
  const kernel = createKernel([top], { clock })
  await clock.run(kernel.start())
  expect(up.state).toEqual({ next: size, disorder: 0 })
  const report = await clock.run(kernel.shutdown())
  expect(down.state).toEqual({ next: -1, disorder: 0 })
  expect(report.ok).toBe(true)
  expect(clock.pending).toBe(0)
})

test('G2 a star of 100,000 resources starts, is rolled back and starts again', { timeout: 120_000 }, async () => {
  const size = 100_000
  const clock = virtualClock()
  const hub = resource('hub', { start: () => 1 })
  let stopped = 0
  let broken = true
  const spokes = Array.from({ length: size }, (_, i) =>
    resource(`spoke${i}`, { dependsOn: { hub }, start: () => i, stop: () => stopped++ }),
  )
  const rim = resource('rim', {
    dependsOn: Object.fromEntries(spokes.map((spoke, i) => [`s${i}`, spoke])),
    start: () => {
      if (broken) throw new Error('flat tyre')
    },
  })
  const kernel = createKernel([rim], { clock })
  await expect(kernel.start()).rejects.toMatchObject({ code: 'START_FAILED', errors: [{ resource: 'rim' }] })
  expect(stopped).toBe(size)
  broken = false
  await kernel.start()
  expect((await kernel.shutdown()).ok).toBe(true)
  expect(stopped).toBe(2 * size)
  expect(clock.pending).toBe(0)
})

test('G2 a chain of 100,000 that fails at its bottom fails at its top, without recursion', { timeout: 120_000 }, async () => {
  const size = 100_000
  const clock = virtualClock()
  let last: Resource<unknown> = resource('r0', { start: () => Promise.reject(new Error('no')), impact: 'degraded' })
  for (let i = 1; i < size; i++) {
    last = resource<unknown, Dependencies>(`r${i}`, { dependsOn: { below: last }, start: () => 1, impact: 'degraded' })
  }
  const kernel = createKernel([last], { clock })
  await clock.run(kernel.start())
  expect(kernel.probe().status).toBe('degraded')
  expect(kernel.probe().reasons).toHaveLength(size)
  expect((await kernel.shutdown()).ok).toBe(true)
  expect(clock.pending).toBe(0)
})

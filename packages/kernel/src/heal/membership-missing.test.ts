import { expect, test } from 'vitest'
import { optional, resource } from '../index.js'
import { rejection, startError } from '../test-support/rejection.js'
import { type Scene, scene } from '../test-support/scene.js'

/** `b` stays, which needs `a`, whose addition has failed; after that the graph has closed its gaps. */
async function withoutA(set: Scene) {
  const { clock, kernel, traced, delay } = set
  let down = true
  const a = traced('a', { start: () => delay(20).then(() => (down ? Promise.reject(new Error('a is down')) : 'a')) })
  const b = traced('b', { dependsOn: { a }, impact: 'degraded' })
  const c = resource('c', { dependsOn: { b: optional(b) }, start: ({ b }) => b ?? 'alone' })
  const app = await clock.run(kernel([]).start())
  const failed = startError(app.add(a))
  await clock.run(app.add(b))
  await failed
  const temporary = ['t1', 't2', 't3'].map((name) => traced(name))
  await clock.run(app.add(...temporary))
  for (const one of temporary) await clock.run(app.remove(one))
  const mend = () => {
    down = false
  }
  return { app, a, b, c, mend }
}

test('H9 what a failed addition leaves without what it requires is not restarted, whatever else has left since', async () => {
  const set = scene()
  const { clock, log } = set
  const { app, b, c } = await withoutA(set)
  expect(app.inspect().resources.map(({ name, state }) => `${name} ${state}`)).toEqual(['b failed'])
  expect(await rejection(clock.run(app.restart(b)))).toMatchObject({ code: 'DEPENDENCY_FAILED' })
  await clock.run(app.add(c))
  expect(app.get(c)).toBe('alone')
  await clock.run(app.shutdown())
  expect(log).not.toContain('start b')
})

test('H9 nor is it started with the kernel, and it may be added again together with what it requires', async () => {
  const set = scene()
  const { clock, log } = set
  const { app, a, b, mend } = await withoutA(set)
  await clock.run(app.shutdown())
  await clock.run(app.start())
  expect(app.inspect(b)).toMatchObject({ state: 'failed', error: expect.stringContaining('"a"') })
  expect(log).not.toContain('start b')
  mend()
  await clock.run(app.add(a))
  await clock.run(app.remove(b))
  await clock.run(app.add(b))
  expect(app.get(b)).toBe('b')
  await clock.run(app.shutdown())
  expect(log.slice(-2)).toEqual(['stop b', 'stop a'])
})

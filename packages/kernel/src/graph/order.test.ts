import { expect, test } from 'vitest'
import { optional, ref } from '../index.js'
import { scene } from '../test-support/scene.js'

test('G3 resources without edges start in the order of registration, and stop in the reverse', async () => {
  const { kernel, log, traced } = scene()
  const app = kernel([traced('c'), traced('a'), traced('b')])
  await app.start()
  await app.shutdown()
  expect(log).toEqual(['start c', 'start a', 'start b', 'stop b', 'stop a', 'stop c'])
})

test('G3 dependencies come in the order in which they are written', async () => {
  const { kernel, log, traced } = scene()
  const top = traced('top', {
    dependsOn: { z: traced('z'), y: optional(traced('y')), x: ref(traced('x')) },
    after: [traced('w')],
  })
  const app = kernel([top])
  await app.start()
  expect(log).toEqual(['start z', 'start y', 'start x', 'start w', 'start top'])
  await app.shutdown()
  expect(log.slice(5)).toEqual(['stop top', 'stop w', 'stop x', 'stop y', 'stop z'])
})

test('G3 among dependents of one resource the order of registration decides', async () => {
  const { clock, kernel, log, traced } = scene()
  const db = traced('db', { startMs: 5 })
  const users = ['u3', 'u1', 'u2'].map((name) => traced(name, { dependsOn: { db } }))
  const app = kernel(users)
  await clock.run(app.start())
  expect(log).toEqual(['start db', 'up db', 'start u3', 'start u1', 'start u2'])
  await app.shutdown()
  expect(log.slice(5)).toEqual(['stop u2', 'stop u1', 'stop u3', 'stop db'])
})

test('G3 two runs of one graph are the same, event for event', async () => {
  const run = async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { startMs: 5, stopMs: 3 })
    const cache = traced('cache', { startMs: 5, stopMs: 3 })
    const users = ['u3', 'u1', 'u2'].map((name) => traced(name, { dependsOn: { db, cache }, startMs: 1, drainMs: 2, stopMs: 1 }))
    const app = kernel([...users, traced('lone', { startMs: 5 })])
    await clock.run(app.start())
    await clock.run(app.shutdown())
    return log
  }
  const [first, second] = [await run(), await run()]
  expect(second).toEqual(first)
  expect(first.filter((line) => line.startsWith('start'))).toEqual([
    'start db',
    'start cache',
    'start lone',
    'start u3',
    'start u1',
    'start u2',
  ])
})

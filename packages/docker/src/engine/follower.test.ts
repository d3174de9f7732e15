import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

test('a container that does not match a filter by id is not taken up when it starts', async () => {
  let wanted = ''
  await using s = await scene({ filters: { id: ['0one'.padEnd(64, '0')] } }, (engine) => {
    wanted = engine.run('one').id
  })
  expect(s.monitor.containers().map(({ id }) => id)).toEqual([wanted])
  s.engine.run('stranger')
  await s.pass(100_000)
  expect(s.monitor.containers().map(({ name }) => name)).toEqual(['one'])
})

test('an engine that stopped answering for a while is listened to anew, even where the old stream did not end', async () => {
  await using s = await scene({}, (engine) => engine.run('one'))
  s.engine.frozen = true
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  s.engine.frozen = false
  await s.until(() => s.monitor.engine().status === 'healthy')
  await s.until(() => s.engine.count(/events/) === 2)
  expect(s.engine.streams).toBe(1)
})

test('what changed while nobody listened is looked at with the next listing, not an interval later', async () => {
  await using s = await scene({ interval: 3_600_000 }, (engine) => engine.run('one'))
  const [one] = [...s.engine.containers.values()]
  s.engine.cutStream()
  s.engine.set(one!, { Status: 'exited', Running: false, ExitCode: 3 })
  await s.until(() => s.status('one') === 'failed', 60_000)
})

test('an engine that does not answer is found out by its own check when nobody else asks', async () => {
  await using s = await scene({ interval: 3_600_000 })
  s.engine.frozen = true
  await s.until(() => s.monitor.engine().status === 'unhealthy', 30_000)
  expect(s.lines()).toEqual(['engine-lost'])
})

import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

test('containers that match are resources of the kernel, added and removed as the engine says', async () => {
  await using s = await scene({}, (engine) => {
    engine.run('one')
    engine.run('stranger', { app: 'other' })
  })
  expect(s.monitor.containers().map(({ name, status }) => `${name} ${status}`)).toEqual(['one healthy'])
  const two = s.engine.run('two')
  s.engine.run('also-strange', {})
  await s.until(() => s.status('two') === 'healthy')
  const names = () => s.kernel.inspect().resources.map(({ name }) => name)
  expect(names()).toEqual(['docker', 'workers', 'workers/one.0one00000000', 'workers/two.2two00000000'])
  s.engine.remove(two)
  await s.until(() => !names().includes('workers/two.2two00000000'))
  expect(s.status('two')).toBeUndefined()
  expect(s.lines()).toEqual(['found two', 'status two: unknown → healthy', 'gone two'])
})

test('a container that has died is seen at once, restarted after three failed checks and 5 s, and healthy again', async () => {
  await using s = await scene({}, (engine) => engine.run('one'))
  const [one] = [...s.engine.containers.values()]
  s.engine.exit(one!, 139)
  const died = s.clock.now()
  await s.until(() => s.status('one') === 'failed')
  expect(s.clock.now() - died).toBeLessThan(2_000)
  expect(s.monitor.containers()[0]).toMatchObject({ exitCode: 139, reason: 'it is exited with code 139' })
  expect(s.kernel.probe().status).toBe('degraded')
  await s.until(() => s.status('one') === 'healthy')
  expect(s.clock.now() - died).toBeGreaterThanOrEqual(2 * 30_000 + 5_000)
  expect(s.clock.now() - died).toBeLessThan(3 * 30_000 + 5_000 + 3_000)
  expect(s.lines()).toEqual([
    'failure one',
    'down one',
    'status one: healthy → failed',
    'failure one',
    'failure one',
    'failure one',
    'status one: failed → restarting',
    'restart one 1',
    'status one: restarting → healthy',
    'recovery one',
  ])
  expect(s.engine.count(/restart$/)).toBe(1)
  await s.until(() => s.kernel.probe().status === 'ready')
})

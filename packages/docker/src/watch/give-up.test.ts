import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

const hopeless = (engine: import('../test-support/scripted-engine.js').ScriptedEngine) => {
  const one = engine.run('one')
  one.restarted = () => engine.exit(one, 1)
}

test('restarts are limited; then it has failed for good and is not touched again', async () => {
  await using s = await scene({}, hopeless)
  s.engine.exit([...s.engine.containers.values()][0]!, 1)
  await s.until(() => s.lines().includes('give-up one'))
  expect(s.engine.count(/restart$/)).toBe(3)
  expect(s.monitor.containers()[0]).toMatchObject({ status: 'failed', givenUp: true, restarts: 3 })
  expect(s.kernel.probe().status).toBe('degraded')
  await s.pass(3_600_000)
  expect(s.engine.count(/restart$/)).toBe(3)
  expect(s.monitor.containers()[0]).toMatchObject({ status: 'failed', givenUp: true })
})

test('one that was given up is taken up again, and not restarted, when it is seen healthy', async () => {
  await using s = await scene({ restartAttempts: 1 }, hopeless)
  const [one] = [...s.engine.containers.values()]
  s.engine.exit(one!, 1)
  await s.until(() => s.lines().includes('give-up one'))
  const restarts = s.engine.count(/restart$/)
  s.engine.set(one!, { Status: 'running', Running: true })
  s.engine.emit('start', one!.id)
  await s.until(() => s.status('one') === 'healthy')
  expect(s.engine.count(/restart$/)).toBe(restarts)
  expect(s.lines().slice(-2)).toEqual(['status one: failed → healthy', 'recovery one'])
  await s.until(() => s.kernel.probe().status === 'ready')
})

test('one that was given up is noticed without an event, too', async () => {
  await using s = await scene({ restartAttempts: 1 }, hopeless)
  const [one] = [...s.engine.containers.values()]
  s.engine.exit(one!, 1)
  await s.until(() => s.lines().includes('give-up one'))
  s.engine.set(one!, { Status: 'running', Running: true })
  await s.until(() => s.status('one') === 'healthy')
})

test('one that was given up is restarted when somebody asks', async () => {
  await using s = await scene({ restartAttempts: 1 }, hopeless)
  const [one] = [...s.engine.containers.values()]
  s.engine.exit(one!, 1)
  await s.until(() => s.lines().includes('give-up one'))
  one!.restarted = () => s.engine.set(one!, { Status: 'running', Running: true })
  await s.monitor.restart('one')
  expect(s.status('one')).toBe('healthy')
  expect(s.engine.count(/restart$/)).toBe(2)
  expect(s.monitor.containers()[0]).toMatchObject({ givenUp: false })
  await expect(s.monitor.restart('nobody')).rejects.toMatchObject({
    code: 'UNKNOWN_RESOURCE',
    message: expect.stringContaining('"nobody"'),
  })
})

test('a restart that the engine refuses counts as an attempt', async () => {
  await using s = await scene({}, (engine) => {
    engine.run('one').restarted = () => {
      throw new Error('port is already allocated')
    }
  })
  s.engine.exit([...s.engine.containers.values()][0]!, 1)
  await s.until(() => s.lines().includes('give-up one'))
  expect(s.lines().filter((line) => line === 'restart-failed one')).toHaveLength(3)
  expect(s.events.find(({ type }) => type === 'give-up')).toMatchObject({
    reason: expect.stringContaining('port is already allocated'),
  })
})

test('a paused container is woken up, not restarted', async () => {
  await using s = await scene({}, (engine) => engine.run('one'))
  const [one] = [...s.engine.containers.values()]
  s.engine.set(one!, { Status: 'paused', Paused: true })
  s.engine.emit('pause', one!.id)
  await s.until(() => s.status('one') === 'unhealthy')
  await s.until(() => s.status('one') === 'healthy')
  expect(s.engine.count(/unpause$/)).toBe(1)
  expect(s.engine.count(/restart$/)).toBe(0)
})

test('without restart attempts a failed container is only told about', async () => {
  await using s = await scene({ restartAttempts: 0 }, (engine) => engine.run('one'))
  s.engine.exit([...s.engine.containers.values()][0]!, 1)
  await s.pass(600_000)
  expect(s.engine.count(/restart$/)).toBe(0)
  expect(s.status('one')).toBe('failed')
  expect(s.lines().filter((line) => line === 'failure one').length).toBeGreaterThan(10)
})

test('a container is restarted by the monitor that its label names, and only watched by every other', async () => {
  for (const [owner, restarts] of [
    ['workers', true],
    ['elsewhere', false],
  ] as const) {
    await using s = await scene({}, (engine) => void engine.run('one', { app: 'worker', 'keelson.owner': owner }))
    const [one] = [...s.engine.containers.values()]
    s.engine.exit(one!, 1)
    await s.until(() => s.status('one') === 'failed')
    await s.pass(300_000)
    expect(s.engine.count(/restart$/) > 0).toBe(restarts)
    expect(s.status('one')).toBe(restarts ? 'healthy' : 'failed')
  }
})

test('a monitor may have another name for that', async () => {
  await using s = await scene({ owner: 'blue' }, (engine) => void engine.run('one', { app: 'worker', 'keelson.owner': 'blue' }))
  s.engine.exit([...s.engine.containers.values()][0]!, 1)
  await s.until(() => s.lines().includes('restart one 1'))
})

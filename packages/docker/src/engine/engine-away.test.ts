import type { KernelEventOf } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'
import type { ScriptedEngine } from '../test-support/scripted-engine.js'

const five = (engine: ScriptedEngine) => {
  for (let i = 0; i < 5; i++) engine.run(`c${i}`)
}

test('an engine that goes away is one unhealthy engine: no container fails and nothing is restarted', async () => {
  await using s = await scene({}, five)
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  await s.pass(600_000)
  expect(s.kernel.probe().reasons.map(({ resource }) => resource)).toEqual(['docker'])
  expect(s.monitor.statistics().byStatus.healthy).toBe(5)
  await s.engine.start()
  await s.until(() => s.monitor.engine().status === 'healthy')
  const listings = s.engine.count(/containers\/json/)
  await s.until(() => s.engine.count(/containers\/json/) > listings)
  await s.until(() => s.kernel.probe().status === 'ready')
  await s.pass(100_000)
  expect(s.lines()).toEqual(['engine-lost', 'engine-back'])
  expect(s.monitor.statistics()).toMatchObject({ failures: 0, restarts: 0 })
  expect(s.engine.count(/restart$/)).toBe(0)
})

test('an engine that stops its containers before it leaves is still only one engine', async () => {
  await using s = await scene({ failureThreshold: 1, interval: 1_000 }, five)
  for (const container of s.engine.containers.values()) {
    s.engine.emit('kill', container.id, { signal: '15' })
    s.engine.exit(container, 143)
    s.engine.emit('stop', container.id)
  }
  await s.pass(5_000)
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  await s.pass(60_000)
  expect(s.lines()).toEqual(['engine-lost'])
  await s.engine.start()
  await s.until(() => s.monitor.statistics().restarts === 5 && s.monitor.statistics().byStatus.healthy === 5)
})

test.each([
  ['first', 0],
  ['a moment later', 100],
])('one that fails its probe while it is stopped is not told before its engine leaves, told of the stop %s', async (_, later) => {
  await using s = await scene(
    { failureThreshold: 1, interval: 1_000, probe: () => ({ exec: ['/bin/ready'] }) },
    (engine) => void engine.run('c0'),
  )
  const [one] = [...s.engine.containers.values()]
  const stop = () => s.engine.emit('kill', one!.id, { signal: '15' })
  if (later === 0) stop()
  s.engine.execCode = 137
  const asked = s.engine.count(/exec.*json/)
  await s.until(() => s.engine.count(/exec.*json/) > asked)
  await s.pass(later)
  if (later > 0) stop()
  await s.pass(5_000)
  s.engine.exit(one!, 137)
  s.engine.emit('stop', one!.id)
  await s.pass(5_000)
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  expect(s.lines()).toEqual(['engine-lost'])
})

test('one that fails its probe is told so when nobody has stopped it, and later when somebody only signalled it', async () => {
  const probed = { failureThreshold: 1, interval: 1_000, probe: () => ({ exec: ['/bin/ready'] }) }
  await using s = await scene(probed, (engine) => void engine.run('c0'))
  s.engine.execCode = 1
  const since = s.clock.now()
  await s.until(() => s.status('c0') === 'unhealthy')
  expect(s.clock.now() - since).toBeLessThan(10_000)
  s.engine.execCode = 0
  await s.until(() => s.status('c0') === 'healthy')
  s.engine.emit('kill', [...s.engine.containers.values()][0]!.id, { signal: '1' })
  s.engine.execCode = 1
  await s.until(() => s.status('c0') === 'unhealthy')
})

test('one that somebody stopped has failed when the engine is still there 15 s later', async () => {
  await using s = await scene({}, five)
  const [one] = [...s.engine.containers.values()]
  s.engine.emit('kill', one!.id, { signal: '15' })
  s.engine.exit(one!, 0)
  const since = s.clock.now()
  await s.until(() => s.status('c0') === 'failed')
  expect(s.clock.now() - since).toBeGreaterThanOrEqual(15_000)
  expect(s.clock.now() - since).toBeLessThan(18_000)
})

test('what happened while the engine was away is found when it is back', async () => {
  await using s = await scene({}, five)
  const [gone, dead] = [...s.engine.containers.values()]
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  s.engine.remove(gone!)
  s.engine.exit(dead!, 3)
  s.engine.run('new').inspection.State.StartedAt = new Date().toISOString()
  await s.engine.start()
  await s.until(() => s.status('c0') === undefined && s.lines().includes('failure c1') && s.status('new') === 'healthy')
})

test('a lost stream is one listing more, and no trouble', async () => {
  await using s = await scene({}, five)
  s.engine.cutStream()
  const streams = s.engine.count(/events/)
  await s.until(() => s.engine.count(/events/) > streams)
  s.engine.run('later')
  await s.until(() => s.status('later') === 'healthy')
  expect(s.monitor.engine().status).toBe('healthy')
  expect(s.lines()).toEqual(['found later', 'status later: unknown → healthy'])
})

test('what no event told is found by the next listing', async () => {
  await using s = await scene({}, five)
  const { emit } = s.engine
  s.engine.emit = () => {}
  s.engine.run('silent')
  s.engine.remove([...s.engine.containers.values()][0]!)
  await s.until(() => s.status('silent') === 'healthy' && s.status('c0') === undefined)
  s.engine.emit = emit
})

test('one container about which the engine does not answer is that container alone', async () => {
  await using s = await scene({ timeout: 2_000 }, five)
  ;[...s.engine.containers.values()][2]!.wedged = true
  await s.until(() => s.status('c2') === 'unhealthy')
  expect(s.monitor.containers()[2]!.reason).toBe('the engine did not answer within 2000 ms')
  expect(s.monitor.engine().status).toBe('healthy')
  expect(s.monitor.statistics().byStatus.healthy).toBe(4)
  const failure = new Promise<KernelEventOf<'check:result'>>((resolve) => {
    s.kernel.on('check:result', (event) => void (event.ok || resolve(event)))
  })
  let failed: KernelEventOf<'check:result'> | undefined
  void failure.then((event) => {
    failed = event
  })
  await s.until(() => failed !== undefined)
  // The kernel's error has the failed check as its cause, and that has what was thrown.
  expect(failed!.resource).toContain('c2')
  expect((failed!.error!.cause as Error).cause).toMatchObject({ message: 'the engine did not answer within 2000 ms' })
})

test('a restart of the monitor or the engine resource restarts no container', async () => {
  await using s = await scene({}, five)
  for (const { name } of s.kernel.inspect().resources.slice(0, 2)) expect(['docker', 'workers']).toContain(name)
  await s.kernel.shutdown()
  await s.kernel.start()
  await s.until(() => s.engine.count(/events/) === 2)
  s.engine.run('next')
  await s.until(() => s.status('next') === 'healthy')
  expect(s.kernel.inspect().resources).toHaveLength(8)
  expect(s.engine.count(/restart$/)).toBe(0)
})

test('what the engine has taken along is brought back without using up attempts, however often', async () => {
  await using s = await scene({ restartAttempts: 1 }, five)
  for (let round = 1; round <= 3; round++) {
    for (const container of s.engine.containers.values()) {
      s.engine.emit('kill', container.id, { signal: '15' })
      s.engine.exit(container, 143)
      s.engine.emit('stop', container.id)
    }
    await s.engine.stop()
    await s.until(() => s.monitor.engine().status === 'unhealthy')
    await s.pass(60_000)
    await s.engine.start()
    await s.until(() => s.monitor.statistics().restarts === round * 5 && s.monitor.statistics().byStatus.healthy === 5)
  }
  expect(s.lines().filter((line) => line.startsWith('give-up'))).toEqual([])
  expect(new Set(s.lines().filter((line) => line.startsWith('restart ')))).toEqual(
    new Set(['restart c0 0', 'restart c1 0', 'restart c2 0', 'restart c3 0', 'restart c4 0']),
  )
  // One that fails by itself afterwards has all of its attempts.
  const [one] = [...s.engine.containers.values()]
  s.engine.exit(one!, 1)
  await s.until(() => s.lines().includes('restart c0 1'))
})

test('what the engine brings back by itself is left to it', async () => {
  await using s = await scene({}, (engine) => void engine.run('c0'))
  const [one] = [...s.engine.containers.values()]
  s.engine.policy(one!, 'unless-stopped')
  await s.pass(60_000)
  s.engine.exit(one!, 143)
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  await s.engine.start()
  await s.until(() => s.status('c0') === 'failed')
  s.engine.set(one!, { Status: 'running', Running: true })
  await s.until(() => s.status('c0') === 'healthy')
  expect(s.monitor.statistics().restarts).toBe(0)
})

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

test('what a look found that began earlier does not replace what a later one found', async () => {
  const held: ServerResponse[] = []
  let hold = false
  const server = createServer((_req, res) => void (hold ? held.push(res) : res.end()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  {
    await using s = await scene({ probe: { http: `http://127.0.0.1:${port}/` }, timeout: 600_000 }, (engine) => engine.run('one'))
    const [one] = [...s.engine.containers.values()]
    hold = true
    await s.until(() => held.length === 1)
    s.engine.exit(one!, 1)
    await s.until(() => s.status('one') === 'failed')
    for (const res of held) res.end()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(s.status('one')).toBe('failed')
    expect(s.lines()).not.toContain('recovery one')
  }
  server.close()
})

test('one that came back by itself while its restart waited is not restarted, also while its HEALTHCHECK is starting', async () => {
  await using s = await scene({}, (engine) => engine.run('one'))
  const [one] = [...s.engine.containers.values()]
  one!.inspection.Config = { Image: 'bb:latest', Healthcheck: { StartPeriod: 600e9 } }
  s.engine.exit(one!, 1)
  await s.until(() => s.status('one') === 'restarting')
  const StartedAt = new Date(s.clock.now()).toISOString()
  s.engine.set(one!, { Status: 'running', Running: true, StartedAt, Health: { Status: 'starting', FailingStreak: 0 } })
  s.engine.emit('start', one!.id)
  await s.until(() => s.status('one') === 'unknown')
  s.engine.set(one!, { Health: { Status: 'healthy' } })
  s.engine.emit('health_status: healthy', one!.id)
  await s.until(() => s.status('one') === 'healthy')
  expect(s.engine.count(/restart$/)).toBe(0)
})

test('one that is removed while the kernel drains is not in its next life', async () => {
  await using s = await scene({}, (engine) => engine.run('one'), { shutdown: { delay: 10_000, timeout: 60_000 } })
  const [one] = [...s.engine.containers.values()]
  s.kernel.shutdown()
  await s.until(() => s.kernel.state === 'draining')
  s.engine.remove(one!)
  await s.until(() => s.monitor.containers().length === 0)
  await s.until(() => s.kernel.state === 'stopped')
  await s.kernel.start()
  await s.until(() => s.kernel.inspect().resources.length === 2)
  s.kernel.shutdown()
  await s.until(() => s.kernel.state === 'stopped') // the delay is one of virtual time
})

test('without an engine a second life of the kernel starts, asks nobody in vain, and takes everything up when it is there', async () => {
  await using s = await scene({}, (engine) => engine.run('one'))
  await s.kernel.shutdown()
  await s.engine.stop()
  let up = false
  s.kernel.start().then(() => {
    up = true
  })
  await s.until(() => up, 120_000)
  expect(s.kernel.probe().status).toBe('degraded')
  await s.pass(200_000)
  await s.engine.start()
  await s.kernel.restart(s.docker)
  await s.until(() => s.kernel.probe().status === 'ready')
  s.engine.exit([...s.engine.containers.values()][0]!, 1)
  await s.until(() => s.status('one') === 'failed')
})

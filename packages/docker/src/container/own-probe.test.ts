import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

test('a container that is up but does not answer its probe is unhealthy: HTTP, TCP and a command', async () => {
  let status = 200
  const server = createServer((_req, res) => res.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const closed = await new Promise<number>((resolve) => {
    const other = createServer().listen(0, '127.0.0.1', () => {
      const { port } = other.address() as AddressInfo
      other.close(() => resolve(port))
    })
  })
  const probes = {
    http: { http: `http://127.0.0.1:${port}/up` },
    tcp: { tcp: { host: '127.0.0.1', port } },
    shut: { tcp: { host: '127.0.0.1', port: closed } },
    exec: { exec: ['redis-cli', 'ping'] },
  }
  await using s = await scene({ probe: ({ name }) => probes[name as keyof typeof probes] }, (engine) => {
    for (const name of Object.keys(probes)) engine.run(name)
    engine.run('plain')
  })
  const statuses = () => Object.fromEntries(s.monitor.containers().map((container) => [container.name, container.status]))
  expect(statuses()).toEqual({ http: 'healthy', tcp: 'healthy', shut: 'unhealthy', exec: 'healthy', plain: 'healthy' })
  expect(s.monitor.containers()[2]!.reason).toContain('does not accept connections')
  status = 500
  s.engine.execCode = 3
  await s.until(() => s.status('http') === 'unhealthy' && s.status('exec') === 'unhealthy')
  const reasons = s.monitor.containers().map(({ reason }) => reason)
  expect(reasons[0]).toBe(`http://127.0.0.1:${port}/up answers 500`)
  expect(reasons[3]).toBe('its command redis-cli ended with code 3')
  server.close()
})

test('what a probe is made of is not told: neither the credentials and the query of a URL nor the arguments of a command', async () => {
  const server = createServer((_req, res) => res.writeHead(500).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const probes = {
    web: { http: `http://user:s3cret@127.0.0.1:${port}/up?token=s3cret` },
    shut: { http: 'http://user:s3cret@127.0.0.1:1/up?token=s3cret' },
    exec: { exec: ['redis-cli', '-a', 's3cret', 'ping'] },
  }
  {
    await using s = await scene({ probe: ({ name }) => probes[name as keyof typeof probes] }, (engine) => {
      engine.execCode = 1
      for (const name of Object.keys(probes)) engine.run(name)
    })
    const reasons = s.monitor.containers().map(({ reason }) => reason)
    expect(reasons).toEqual([
      `http://127.0.0.1:${port}/up answers 500`,
      'http://127.0.0.1:1/up does not answer: connect ECONNREFUSED 127.0.0.1:1',
      'its command redis-cli ended with code 1',
    ])
  }
  server.close()
})

test('an answer that never ends is a sign of life, and its connection is given back', async () => {
  const server = createServer((_req, res) => void res.writeHead(200).write('data: and so on\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  {
    await using s = await scene({ probe: { http: `http://127.0.0.1:${port}/` } }, (engine) => engine.run('one'))
    await s.pass(200_000)
    expect(s.status('one')).toBe('healthy')
    expect(s.monitor.containers()[0]!.checks).toBeGreaterThan(4)
    const open = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
    for (const end = Date.now() + 5_000; (await open()) > 0 && Date.now() < end; ) await s.pass(1)
    expect(await open()).toBe(0)
  }
  server.closeAllConnections()
  server.close()
})

test('a probe that is none is refused where it is written, and told as a problem where a function gives it', async () => {
  const wrong = { htpp: 'http://127.0.0.1/' } as never
  await expect(scene({ probe: wrong })).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { option: 'probe' } })
  await expect(scene({ probe: { http: 'no url, s3cret' } })).rejects.toThrow(/^(?!.*s3cret).*probe\.http/)
  await expect(scene({ probe: { exec: [] } })).rejects.toThrow('probe.exec')
  await expect(scene({ probe: { tcp: { host: 'x', port: 70_000 } } })).rejects.toThrow('probe.tcp')
  await using s = await scene({ probe: ({ name }) => (name === 'odd' ? wrong : undefined) })
  s.engine.run('odd')
  await s.until(() => s.status('odd') === 'healthy')
  expect(s.events.find(({ type }) => type === 'problem')).toMatchObject({
    what: 'probe',
    reason: expect.stringContaining('"odd"'),
  })
})

test('a command that does not end is told as a probe without an answer, not as an engine without one', async () => {
  await using s = await scene({ probe: { exec: ['/bin/ready'] }, timeout: 2_000 }, (engine) => engine.run('one'))
  s.engine.execHangs = true
  await s.until(() => s.status('one') === 'unhealthy')
  expect(s.monitor.containers()[0]!.reason).toBe('its probe did not answer within 2000 ms')
  expect(s.monitor.engine().status).toBe('healthy')
})

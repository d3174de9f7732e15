import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { scene } from './testing/scene.js'

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
  expect(reasons[3]).toBe('redis-cli ping ended with code 3')
  server.close()
})

import { createKernel } from '@keelson/kernel'
import Docker from 'dockerode'
import { afterEach, expect, test, vi } from 'vitest'
import { containerMonitor } from '../monitor/container-monitor.js'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { dockerEngine } from './docker-engine.js'
import { EngineClient } from './engine-client.js'

afterEach(() => vi.unstubAllEnvs())

test('a socket that is given is talked to without TLS, whatever the environment says of another engine', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2376')
  vi.stubEnv('DOCKER_TLS_VERIFY', '1')
  const engine = await new ScriptedEngine().start()
  const docker = dockerEngine({ socketPath: engine.socketPath, timeouts: { start: 5_000 } })
  const kernel = createKernel([docker])
  await kernel.start()
  expect(kernel.probe().status).toBe('ready')
  expect(kernel.get(docker)).toBeInstanceOf(EngineClient)
  await kernel.shutdown()
  await engine.dispose()
})

test('a client of dockerode is used as it is, and left as it is', async () => {
  const engine = await new ScriptedEngine().start()
  engine.run('one')
  const client = new Docker({ socketPath: engine.socketPath, host: undefined } as Docker.DockerOptions)
  const docker = dockerEngine({ client })
  const workers = containerMonitor('workers', { engine: docker, kernel: () => kernel, filters: {} })
  const kernel = createKernel([workers])
  await kernel.start()
  await kernel.get(workers).ready
  const value: Docker = kernel.get(docker)
  expect(value).toBe(client)
  await vi.waitFor(() => expect(kernel.get(workers).containers()[0]?.status).toBe('healthy'))
  await kernel.shutdown()
  expect(String(await client.ping())).toBe('OK')
  await engine.dispose()
})

test('an address that cannot be read fails the start, and says which one', async () => {
  vi.stubEnv('DOCKER_HOST', 'ftp://engine')
  await expect(createKernel([dockerEngine({ name: 'engine' })]).start()).rejects.toMatchObject({
    errors: [
      {
        resource: 'engine',
        message: expect.stringContaining('DOCKER_HOST is of no kind that is known: write unix:///path, tcp://host:port'),
      },
    ],
  })
})

test('options that cannot be meant are refused where they are written', () => {
  expect(() => dockerEngine({ socket: '/x' } as never)).toThrow(/"docker": socket is not an option/)
  expect(() => dockerEngine({ client: {} as never })).toThrow(/client has no ping\(\); pass new Docker\(\) of dockerode/)
  expect(() => dockerEngine({ client: new EngineClient({ socketPath: '/x' }), port: 1 })).toThrow(/port is given beside a client/)
})

import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { createKernel } from '@keelson/kernel'
import Docker from 'dockerode'
import { afterEach, expect, test, vi } from 'vitest'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { clientFor, dockerEngine } from './docker-engine.js'
import { loadDockerode } from './dockerode.js'

afterEach(() => vi.unstubAllEnvs())

const agentOf = (options: Docker.DockerOptions) => clientFor(Docker, options).agent

test('a socket that is given is talked to without TLS, whatever the environment says of another engine', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2376')
  vi.stubEnv('DOCKER_TLS_VERIFY', '1')
  const engine = await new ScriptedEngine().start()
  const docker = dockerEngine({ socketPath: engine.socketPath, timeouts: { start: 5_000 } })
  const kernel = createKernel([docker])
  await kernel.start()
  expect(kernel.probe().status).toBe('ready')
  await kernel.shutdown()
  await engine.dispose()
})

test('DOCKER_TLS_VERIFY means nothing for the default socket', () => {
  vi.stubEnv('DOCKER_HOST', '')
  vi.stubEnv('DOCKER_TLS_VERIFY', '1')
  expect(agentOf({})).toBeInstanceOf(Agent)
  expect(agentOf({})).not.toBeInstanceOf(SecureAgent)
})

test('the port that is TLS by convention gets connections with TLS, and so does a certificate', () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2376')
  expect(agentOf({})).toBeInstanceOf(SecureAgent)
  vi.stubEnv('DOCKER_HOST', '')
  expect(agentOf({ host: '127.0.0.1', port: 2376, ca: 'x', cert: 'x', key: 'x' })).toBeInstanceOf(SecureAgent)
  expect(agentOf({ host: '127.0.0.1', port: 2375 })).not.toBeInstanceOf(SecureAgent)
})

test('an agent of the application, and ssh, bring their own connections', () => {
  vi.stubEnv('DOCKER_HOST', '')
  expect(agentOf({ agent: new Agent() } as Docker.DockerOptions)).toBeUndefined()
  expect(agentOf({ protocol: 'ssh', host: '127.0.0.1' })).toBeUndefined()
  vi.stubEnv('DOCKER_HOST', 'ssh://user@127.0.0.1')
  expect(agentOf({})).toBeUndefined()
})

test('without dockerode the error says what to install, and any other failure of its import stays what it is', async () => {
  for (const code of ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']) {
    const missing = Object.assign(new Error("Cannot find package 'dockerode'"), { code })
    await expect(loadDockerode('engine', () => Promise.reject(missing))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'resource "engine": dockerode is not installed; run: npm install dockerode',
    })
  }
  const broken = new SyntaxError('unexpected token')
  await expect(loadDockerode('engine', () => Promise.reject(broken))).rejects.toBe(broken)
})

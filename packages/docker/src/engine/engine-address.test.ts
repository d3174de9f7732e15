import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { engineAddress } from './engine-address.js'

test.each([
  [{}, {}, { kind: 'socket', path: '/var/run/docker.sock' }],
  [{}, { DOCKER_TLS_VERIFY: '1' }, { kind: 'socket', path: '/var/run/docker.sock' }],
  [{}, { DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }, { kind: 'socket', path: '/run/user/1000/docker.sock' }],
  [{ socketPath: '/own.sock' }, { DOCKER_HOST: 'tcp://192.0.2.1:2375' }, { kind: 'socket', path: '/own.sock' }],
  [{}, { DOCKER_HOST: 'tcp://192.0.2.1' }, { kind: 'tcp', host: '192.0.2.1', port: 2375, tls: undefined }],
  [{}, { DOCKER_HOST: 'tcp://[::1]:2375' }, { kind: 'tcp', host: '::1', port: 2375, tls: undefined }],
  [{}, { DOCKER_HOST: 'tcp://192.0.2.1:2376' }, { kind: 'tcp', host: '192.0.2.1', port: 2376, tls: {} }],
  [{}, { DOCKER_HOST: 'https://engine.example' }, { kind: 'tcp', host: 'engine.example', port: 2376, tls: {} }],
  [{ host: 'engine' }, { DOCKER_HOST: 'tcp://192.0.2.1:9' }, { kind: 'tcp', host: 'engine', port: 2375, tls: undefined }],
  [{ host: 'engine', ca: 'CA' }, {}, { kind: 'tcp', host: 'engine', port: 2376, tls: { ca: 'CA' } }],
  [{ host: 'engine', port: 2376, protocol: 'http' }, {}, { kind: 'tcp', host: 'engine', port: 2376, tls: undefined }],
] as const)('%j with %j is at %j', (given, env, address) => {
  expect(engineAddress(given, env)).toEqual(address)
})

test('certificates come from the folder that docker reads them from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-certs-'))
  const env = { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }
  expect(() => engineAddress({}, env)).toThrow('ca.pem')
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), name)
  expect(engineAddress({}, env)).toMatchObject({
    port: 2376,
    tls: { ca: Buffer.from('ca'), cert: Buffer.from('cert'), key: Buffer.from('key') },
  })
  expect(engineAddress({ ca: 'own' }, env)).toMatchObject({ tls: { ca: 'own' } })
  rmSync(folder, { recursive: true })
})

test('ssh is called with a host, and never with an option in its place', () => {
  const tail = ['docker', 'system', 'dial-stdio']
  const args = (given: object, env: object) => (engineAddress(given, env as never) as { args: readonly string[] }).args.slice(5)
  expect(args({}, { DOCKER_HOST: 'ssh://me@engine.example:2222' })).toEqual([
    '-l',
    'me',
    '-p',
    '2222',
    '--',
    'engine.example',
    ...tail,
  ])
  expect(args({ protocol: 'ssh', host: 'engine', username: 'me' }, {})).toEqual(['-l', 'me', '--', 'engine', ...tail])
  expect(() => engineAddress({ protocol: 'ssh', host: '-oProxyCommand=x' })).toThrow('begins with a dash')
  expect(() => engineAddress({ protocol: 'ssh', host: 'x', username: '-F/x' })).toThrow('begins with a dash')
})

test.each(['nonsense', 'tcp://', 'ftp://engine'])('DOCKER_HOST=%s is refused with what can be written', (text) => {
  expect(() => engineAddress({}, { DOCKER_HOST: text })).toThrow(
    /DOCKER_HOST .* write unix:\/\/\/path, tcp:\/\/host:port or ssh:\/\/user@host/,
  )
})

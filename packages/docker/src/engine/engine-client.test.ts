import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { LOCALHOST } from '@keelson/test-servers'
import { afterEach, expect, test, vi } from 'vitest'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { EngineClient } from './engine-client.js'

const ALL = { all: true, filters: {} }

afterEach(() => vi.unstubAllEnvs())

test('an answer that is an error has its status and what the engine says', async () => {
  const engine = await new ScriptedEngine().start()
  const client = new EngineClient({ socketPath: engine.socketPath })
  await expect(client.getContainer('none').inspect({})).rejects.toMatchObject({
    name: 'EngineError',
    statusCode: 404,
    message: 'the engine says: No such container: none',
  })
  const { id } = engine.run('one')
  expect(await client.request('GET', `/containers/${id}/json`)).toMatchObject({ State: { Running: true } })
  expect(await client.request('POST', `/containers/${id}/restart`, { query: { t: '1' } })).toBeUndefined()
  client.destroy()
  await engine.dispose()
})

test('what is not wanted any more is aborted', async () => {
  const engine = await new ScriptedEngine().start()
  engine.run('one').wedged = true
  const client = new EngineClient({ socketPath: engine.socketPath })
  const { Id } = (await client.listContainers(ALL))[0]!
  const abort = new AbortController()
  const asked = client.getContainer(Id).inspect({ abortSignal: abort.signal })
  await vi.waitFor(() => expect(engine.inFlight).toBe(1))
  abort.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  await vi.waitFor(() => expect(engine.inFlight).toBe(0))
  client.destroy()
  await engine.dispose()
})

test('over TLS the engine must be the one that the certificate vouches for', async () => {
  const server = createServer({ cert: LOCALHOST.cert, key: LOCALHOST.key, ca: LOCALHOST.cert, requestCert: true }, (req, res) =>
    res.end(req.url === '/_ping' ? 'OK' : '[]'),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { cert, key } = LOCALHOST
  const known = new EngineClient({ host: '127.0.0.1', port, ca: cert, cert, key })
  await known.ping()
  const unknown = new EngineClient({ host: '127.0.0.1', port, protocol: 'https' })
  await expect(unknown.ping()).rejects.toThrow('self-signed certificate')
  for (const client of [known, unknown]) client.destroy()
  server.close()
})

/** Puts an `ssh` into the PATH which does what the real one would, to an engine of this machine. */
function fakeSsh(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-ssh-'))
  writeFileSync(join(folder, 'ssh'), `#!${process.execPath}\n${script}`)
  chmodSync(join(folder, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
  return folder
}

test('over ssh everything goes through dial-stdio, and no ssh is left', async () => {
  const engine = await new ScriptedEngine().start()
  const { id } = engine.run('one')
  const calls = join(engine.folder, 'calls')
  const folder = fakeSsh(`
    const { appendFileSync } = require('node:fs')
    appendFileSync(${JSON.stringify(calls)}, process.argv.slice(2).join(' ') + ' ' + process.pid + '\\n')
    const socket = require('node:net').connect(${JSON.stringify(engine.socketPath)})
    process.stdin.pipe(socket).pipe(process.stdout)
    socket.on('close', () => process.exit())`)
  const client = new EngineClient({ protocol: 'ssh', host: 'engine.example', username: 'me' })
  await client.ping()
  expect(await client.listContainers(ALL)).toMatchObject([{ Id: id }])
  expect(await client.getContainer(id).inspect({})).toMatchObject({ State: { Running: true } })
  const abort = new AbortController()
  const events = await client.getEvents({ filters: {}, abortSignal: abort.signal })
  const heard = once(events, 'data')
  engine.emit('die', id)
  expect(String((await heard)[0])).toContain('"die"')
  events.on('error', () => {})
  abort.abort()
  client.destroy()
  const lines = readFileSync(calls, 'utf8').trim().split('\n')
  for (const line of lines) expect(line).toMatch(/-l me -- engine\.example docker system dial-stdio \d+$/)
  // One for requests, one for the events, each kept between requests.
  expect(lines.length).toBeLessThanOrEqual(2)
  for (const line of lines) {
    const pid = Number(line.split(' ').at(-1))
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), 5_000)
  }
  rmSync(folder, { recursive: true })
  await engine.dispose()
})

test('what ssh says when it fails is the reason', async () => {
  const folder = fakeSsh(`console.error('Permission denied (publickey).'); process.exit(255)`)
  const client = new EngineClient({ protocol: 'ssh', host: 'engine.example' })
  await expect(client.ping()).rejects.toThrow('ssh ended with code 255: Permission denied (publickey).')
  client.destroy()
  rmSync(folder, { recursive: true })
  vi.stubEnv('PATH', '/nowhere')
  const without = new EngineClient({ protocol: 'ssh', host: 'engine.example' })
  await expect(without.ping()).rejects.toThrow('ssh could not be started')
})

test('connections are kept between requests', async () => {
  const engine = await new ScriptedEngine().start()
  const client = new EngineClient({ socketPath: engine.socketPath })
  for (let i = 0; i < 5; i++) await client.ping()
  expect(await engine.connections()).toBe(1)
  client.closeIdle()
  await vi.waitFor(async () => expect(await engine.connections()).toBe(0))
  await client.ping()
  client.destroy()
  await engine.dispose()
})

// Attacked: connections over ssh by an ssh that hears nothing and never ends.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { EngineClient } from './engine-client.js'

const folders: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** Puts an `ssh` into the PATH that does this. */
function fakeSsh(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-ssh-'))
  folders.push(folder)
  writeFileSync(join(folder, 'ssh'), `#!${process.execPath}\n${script}`)
  chmodSync(join(folder, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
  return folder
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('an ssh that does not end when it is told to is ended', async () => {
  const folder = fakeSsh(`
    process.on('SIGTERM', () => {})
    require('node:fs').writeFileSync(__dirname + '/pid', String(process.pid))
    process.stdin.once('data', () => process.stdout.write('HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nOK'))
    setInterval(() => {}, 1000)`)
  const client = new EngineClient({ protocol: 'ssh', host: 'engine.example' })
  await client.ping()
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
  expect(isThere(pid)).toBe(true)
  client.destroy()
  await vi.waitFor(() => expect(isThere(pid)).toBe(false), 20_000)
})

test('an ssh that hears nothing is told by what it says, and not by a pipe that is closed', async () => {
  fakeSsh(`
    require('node:fs').closeSync(0)
    setTimeout(() => { console.error('\\u001b[31mHost key verification failed.'); process.exit(255) }, 300)`)
  const client = new EngineClient({ protocol: 'ssh', host: 'engine.example' })
  const asked = client.request('POST', '/large', { body: { text: 'x'.repeat(1_000_000) } })
  await expect(asked).rejects.toThrow('Host key verification failed.')
  client.destroy()
})

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { describe, expect, it, vi } from 'vitest'
import { run } from '../run/run.js'
import { keepEntries } from '../test-support/said.js'
import { temporaryFolder } from '../test-support/temporary-folder.js'
import { LastWords, lastWordsPath } from './last-words.js'

for (const name of ['KUBERNETES_SERVICE_HOST', 'NOTIFY_SOCKET']) vi.stubEnv(name, undefined)

const fails = (message: string, name = 'db') => resource(name, { start: () => Promise.reject(new Error(message)) })

/** Runs a kernel to its end, and returns the code, what was said, and what was left in the file. */
async function lastWordsOf(kernel: Kernel, options: { before?: string; log?: false } = {}) {
  const path = join(temporaryFolder(), 'last-words')
  if (options.before !== undefined) writeFileSync(path, options.before)
  const { log, lines } = keepEntries()
  const code = await run(kernel, { exit: false, log: options.log ?? log, lastWords: path })
  return { code, lines, text: existsSync(path) ? readFileSync(path, 'utf8') : undefined }
}

describe('X9 the last words', () => {
  it('are why the start failed, without secrets, over what was there', async () => {
    const { code, text } = await lastWordsOf(
      createKernel([fails('no answer from mongodb://root:hunter2@db/')], { name: 'shop' }),
      {
        before: 'x'.repeat(9_000),
      },
    )
    expect(code).toBe(1)
    expect(text).toMatch(/^shop did not start: resource "db" failed to start: no answer from mongodb:\/\/\*\*\*@db\/\n/)
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('xx')
  })

  it('are there, too, where nothing is logged', async () => {
    const { text } = await lastWordsOf(createKernel([fails('no answer')], { name: 'shop' }), { log: false })
    expect(text).toContain('no answer')
  })

  it('are why the kernel failed, with what was wrong with its resources, and how it ended', async () => {
    const db = resource('db', { start: (_deps, ctx) => void setTimeout(() => ctx.crashed(new Error('connection lost')), 0) })
    const { code, text } = await lastWordsOf(createKernel([db], { name: 'shop' }), { log: false })
    expect(code).toBe(1)
    expect(text).toBe('shop failed because of db; shutting down\n   resource "db" crashed: connection lost')
  })

  it('say each failure in the order in which it came, in whole characters of at most 4 KiB', async () => {
    const many = Array.from({ length: 30 }, (_, i) => fails(`${i} ${'ü'.repeat(200)}`, `db${i}`))
    const { text = '' } = await lastWordsOf(createKernel(many, { name: 'shop' }))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096)
    expect(Buffer.byteLength(text)).toBeGreaterThan(4_090)
    expect(text.endsWith('…')).toBe(true)
    expect(text).not.toContain('\ufffd')
    expect(text.indexOf('db1 ')).toBeGreaterThan(text.indexOf('db0 '))
  })

  it('are none of a kernel that ends well, and are left alone then', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })])
    kernel.on('kernel:state', ({ to }) => to === 'running' && void kernel.shutdown())
    expect(await lastWordsOf(kernel, { before: 'of another life' })).toMatchObject({ code: 0, text: 'of another life' })
  })

  it('are taken back when the code is 0 in the end', () => {
    const path = join(temporaryFolder(), 'last-words')
    const { say } = keepEntries()
    const words = new LastWords(createKernel(), path, { say, caused: () => false })
    const error = { level: 'error', message: 'it failed', fields: { event: 'kernel:state', to: 'failed' } } as const
    words.say(error)
    expect(readFileSync(path, 'utf8')).toBe('it failed')
    words.end(1)
    expect(readFileSync(path, 'utf8')).toBe('it failed')
    words.end(0)
    expect(readFileSync(path, 'utf8')).toBe('')
    words.say({ ...error, fields: { event: 'process:error', reported: true } })
    words.say({ ...error, fields: { event: 'resource:error' } })
    words.say({ ...error, level: 'warn' })
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  it('cost one warning where they cannot be written', async () => {
    const { log, lines } = keepEntries()
    const path = join(temporaryFolder(), 'missing', 'last-words')
    expect(await run(createKernel([fails('no')]), { exit: false, log, lastWords: path })).toBe(1)
    expect(lines.filter((line) => line.startsWith('warn:'))).toEqual([
      expect.stringMatching(/^warn: the last words of app cannot be written to .*: ENOENT/),
    ])
  })

  it.skipIf(process.platform === 'win32')('do not wait for somebody who reads a pipe', async () => {
    const { execFileSync } = await import('node:child_process')
    const path = join(temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [path])
    const { log, lines } = keepEntries()
    expect(await run(createKernel([fails('no')]), { exit: false, log, lastWords: path })).toBe(1)
    expect(lines).toContainEqual(expect.stringMatching(/cannot be written to .*: ENXIO/))
  })
})

it('X9 go to the file of Kubernetes only there, and only where it can be written', () => {
  expect(lastWordsPath(undefined, {})).toBeUndefined()
  expect(lastWordsPath('/tmp/x', {})).toBe('/tmp/x')
  expect(lastWordsPath(false, { KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBeUndefined()
  const expected = existsSync('/dev/termination-log') ? '/dev/termination-log' : undefined
  expect(lastWordsPath(undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBe(expected)
})

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { processPool } from '../process/process-pool.js'
import { fixture } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { LineClient } from '../test-support/line-client.js'
import { script, welcome } from '../test-support/script.js'
import { unifiedPool } from './unified-pool.js'

/** A shell whose standard input is closed as soon as it runs, and that lives on for a moment. */
const deaf = { command: '/bin/sh', args: ['-c', 'exec 0<&-; echo no licence file >&2; sleep 0.05; exit 3'] }

describe('a child that cannot be written to any more', () => {
  it.each(Array.from({ length: 5 }, (_, n) => n))(
    'says why it could not be reached, not that its pipe broke: MCP %i',
    async () => {
      const resource = unifiedPool('servers', { servers: { a: deaf } })
      const kernel = await started([resource])
      const { message } = await failureOf(kernel.get(resource).use('a', () => 1))
      expect(message).toMatch(/could not be reached: it exited with code 3; it said: no licence file/)
    },
  )

  it.each(Array.from({ length: 5 }, (_, n) => n))(
    'says why it could not be reached, not that its pipe broke: open %i',
    async () => {
      const open = async (child: { stdin: NodeJS.WritableStream }) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        await new Promise<void>((resolve, reject) => child.stdin.write('hello\n', (error) => (error ? reject(error) : resolve())))
      }
      const resource = processPool('servers', { servers: { a: deaf }, open })
      const kernel = await started([resource])
      const { message } = await failureOf(kernel.get(resource).use('a', () => 1))
      expect(message).toMatch(/could not be reached: it exited with code 3; it said: no licence file/)
    },
  )

  it('is named by what `open` threw when it goes on', async () => {
    const open = () => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    const resource = processPool('servers', { servers: { a: fixture('line-server') }, open })
    const kernel = await started([resource])
    const { message } = await failureOf(kernel.get(resource).use('a', () => 1))
    expect(message).toMatch(/server "a" could not be reached: write EPIPE$/)
  })

  it('ends its calls by saying so, also those that come before its end is noticed', async () => {
    const resource = unifiedPool('servers', { servers: { a: script(welcome) }, keep: 1 })
    const kernel = await started([resource])
    const pool = kernel.get(resource)
    process.kill(childWith(/serverInfo/), 'SIGKILL')
    // It is gone before this process hears of it.
    const until = performance.now() + 100
    while (performance.now() < until);
    const error = await failureOf(pool.use('a', (client) => client.ping()))
    expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'a' } })
    expect(error.message).toMatch(/was lost \(pid \d+\): it was killed by SIGKILL/)
    await pool.use('a', (client) => client.ping())
  })

  it('is replaced when it goes on without its standard input', async () => {
    const closing = `if (method === 'ping') { setInterval(() => {}, 1000); process.stdin.destroy(); require('fs').closeSync(0) }`
    const resource = unifiedPool('servers', { servers: { a: script(`${welcome}; ${closing}`) }, max: 1, share: 4 })
    const kernel = await started([resource])
    const pool = kernel.get(resource)
    await pool.use('a', (client) => client.ping())
    await new Promise((resolve) => setTimeout(resolve, 100))
    const calls = Array.from({ length: 2 }, () => failureOf(pool.use('a', (client) => client.ping())))
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'a' } })
      expect(error.message).toMatch(/was lost \(pid \d+\): it closed its standard input/)
    }
    await pool.use('a', (client) => client.ping())
    expect(pool.stats('a')).toMatchObject({ created: 2, destroyed: 1 })
  })
})

it('a server that closes its standard output when it is stopped has its whole grace to end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-pools-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const saved = join(folder, 'saved')
  const save = `if (method === 'initialize') setInterval(() => {}, 1000)
  if (method === 'initialize') process.once('SIGTERM', () => {
    require('fs').closeSync(1)
    setTimeout(() => { require('fs').writeFileSync(${JSON.stringify(saved)}, ''); process.exit() }, 700)
  })`
  const resource = unifiedPool('servers', { servers: { a: script(`${save}; ${welcome}`) }, keep: 1 })
  const kernel = await started([resource])
  expect((await kernel.shutdown()).ok).toBe(true)
  expect(existsSync(saved)).toBe(true)
})

it('a pool of children lends none again whose standard input broke', async () => {
  const resource = processPool('servers', {
    servers: { a: fixture('line-server', '--stay') },
    open: (child) => new LineClient(child),
  })
  const kernel = await started([resource])
  const pool = kernel.get(resource)
  const first = await pool.use('a', ({ child }) => {
    child.stdin.destroy()
    return child.pid
  })
  expect(await pool.use('a', ({ child }) => child.pid)).not.toBe(first)
})

/** The child of this process whose command line matches. */
function childWith(pattern: RegExp): number {
  const pids = readdirSync(`/proc/${process.pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  )
  return Number(pids.find((pid) => pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))))
}

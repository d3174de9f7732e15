import { describe, expect, it } from 'vitest'
import type { StdioServer } from '../server/stdio-server.js'
import { fixture, runs } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { LineClient } from '../test-support/line-client.js'
import { processPool } from './process-pool.js'

async function start(bad: StdioServer, options: object = {}) {
  const resource = processPool<LineClient>('servers', {
    servers: { bad, good: fixture('line-server') },
    // Shakes hands: a child that answers nothing is no server.
    open: async (child) => {
      const client = new LineClient(child)
      await client.ask('echo', 'hello')
      return client
    },
    ...options,
  })
  const kernel = await started([resource])
  return { kernel, pool: kernel.get(resource) }
}

const good = (pool: Awaited<ReturnType<typeof start>>['pool']) => pool.use('good', (client) => client.ask('echo', 'fine'))

describe('a pool with a bad server says which one and why, and serves the others', () => {
  it('command not found', async () => {
    const { pool } = await start({ command: 'no-such-command-here' })
    const error = await failureOf(pool.use('bad', () => 1))
    expect(error).toMatchObject({ code: 'START_FAILED', details: { server: 'bad' } })
    expect(error.message).toBe(
      'pool "servers": server "bad" could not be reached: command "no-such-command-here" not found; check its spelling and PATH',
    )
    expect(await good(pool)).toBe('fine')
  })

  it('a working directory that does not exist', async () => {
    const { pool } = await start({ ...fixture('line-server'), cwd: '/no/such/folder' })
    const { message } = await failureOf(pool.use('bad', () => 1))
    expect(message).toContain('its working directory "/no/such/folder" does not exist')
    expect(await good(pool)).toBe('fine')
  })

  it('a working directory that is a file, and more arguments than there is room for', async () => {
    const { pool } = await start({ ...fixture('line-server'), cwd: process.execPath })
    const { message } = await failureOf(pool.use('bad', () => 1))
    expect(message).toContain(`its working directory "${process.execPath}" is no directory`)
    pool.add('long', fixture('line-server', 'x'.repeat(4 * 2 ** 20)))
    const { message: long } = await failureOf(pool.use('long', () => 1))
    expect(long).toMatch(/server "long" could not be reached: command ".*" cannot be run: spawn E2BIG/)
    expect(await good(pool)).toBe('fine')
  })

  it('a child that exits at once', async () => {
    const { pool } = await start(fixture('line-server', '--exit=3'))
    const error = await failureOf(pool.use('bad', () => 1))
    expect(error).toMatchObject({ code: 'START_FAILED', details: { server: 'bad' } })
    expect(error.message).toMatch(/server "bad" could not be reached: it exited with code 3; it said: no configuration found/)
    expect(await good(pool)).toBe('fine')
  })

  it('a child that never answers', async () => {
    const { pool } = await start(fixture('line-server', '--mute'), { startTimeout: 2_000 })
    const error = await failureOf(pool.use('bad', () => 1))
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { server: 'bad', limit: 2_000 } })
    expect(error.message).toMatch(/server "bad" did not answer within 2000 ms of its start/)
    expect(await good(pool)).toBe('fine')
    expect(pool.stats('bad')).toMatchObject({ size: 0, waiting: 0 })
  })

  it('[M2] a child that floods its standard error is read, not believed', async () => {
    let seen = 0
    const flooding = {
      ...fixture('line-server', `--flood=${4 * 2 ** 20}`),
      onStderr: (chunk: Buffer) => {
        seen += chunk.length
      },
    }
    const { pool } = await start(flooding)
    expect(await pool.use('bad', (client) => client.ask('echo', 'through'))).toBe('through')
    await expect.poll(() => seen, { timeout: 10_000 }).toBe(4 * 2 ** 20)
    const tail = await pool.use('bad', ({ child }) => child.stderr.length)
    expect(tail).toBe(4_096)
    expect(await good(pool)).toBe('fine')
  })

  it('[M2] a child that ignores SIGTERM is killed after the grace, and only then', async () => {
    const { kernel, pool } = await start(fixture('line-server', '--ignore-term'), { grace: 300 })
    const pid = await pool.use('bad', ({ child }) => child.pid)
    const begun = performance.now()
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(performance.now() - begun).toBeGreaterThan(290)
    expect(runs(pid)).toBe(false)
  })

  it('a grandchild that ignores SIGTERM and holds the pipes goes with its group', async () => {
    const { kernel, pool } = await start(fixture('line-server', '--grandchild'), { grace: 300 })
    const grandchild = (await pool.use('bad', (client) => client.ask('grandchild'))) as number
    expect(runs(grandchild)).toBe(true)
    const begun = performance.now()
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(performance.now() - begun).toBeGreaterThan(290)
    expect(runs(grandchild)).toBe(false)
  })

  it('a grandchild goes with a child that crashes', async () => {
    const { pool } = await start(fixture('line-server', '--grandchild'))
    const grandchild = (await pool.use('bad', (client) => client.ask('grandchild'))) as number
    await failureOf(pool.use('bad', (client) => client.ask('crash')))
    await expect.poll(() => runs(grandchild), { timeout: 10_000 }).toBe(false)
  })

  it('a process that left the group and holds the pipes delays nothing; it is out of reach', async () => {
    const { kernel, pool } = await start(fixture('line-server', '--escapee'), { grace: 10_000 })
    const escapee = (await pool.use('bad', (client) => client.ask('grandchild'))) as number
    const begun = performance.now()
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(runs(escapee)).toBe(true)
    process.kill(escapee, 'SIGKILL')
  })

  it('a server that keeps failing is left alone for a while, and its callers are told at once', async () => {
    const { pool } = await start(fixture('line-server', '--exit=1'), { backoff: { delay: 60_000, maxDelay: 60_000 } })
    await failureOf(pool.use('bad', () => 1))
    await failureOf(pool.use('bad', () => 1))
    const begun = performance.now()
    const errors = await Promise.all(Array.from({ length: 100 }, () => failureOf(pool.use('bad', () => 1))))
    expect(performance.now() - begun).toBeLessThan(1_000)
    for (const { message } of errors) {
      expect(message).toMatch(/server "bad" failed 2 times in a row and is tried again in \d+ ms; the last failure was: .*code 1/)
    }
  })

  it('everyone who waits for a server that cannot start gets an error', async () => {
    const { pool } = await start(fixture('line-server', '--exit=1'), { max: 2 })
    const errors = await Promise.all(Array.from({ length: 20 }, () => failureOf(pool.use('bad', () => 1))))
    for (const error of errors) expect(error).toMatchObject({ code: 'START_FAILED', details: { server: 'bad' } })
    expect(pool.stats('bad')).toMatchObject({ size: 0, waiting: 0 })
  })

  it('a start that needs all of its servers kept warm succeeds with one, and fails with none', async () => {
    await start({ command: 'no-such-command-here' }, { keep: 1 })
    const alone = processPool('alone', { servers: { bad: { command: 'no-such-command-here' } }, keep: 1 })
    const error = await failureOf(started([alone]))
    expect(error.message).toMatch(/pool "alone" reaches none of its servers: .*server "bad".*not found/)
  })
})

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeelsonError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import type { ServerProcess } from '../child/server-process.js'
import type { Pool } from '../pool/pool.js'
import type { StdioServer } from '../server/stdio-server.js'
import { fixture, marked, runs } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { LineClient } from '../test-support/line-client.js'
import { type ProcessPoolOptions, processPool } from './process-pool.js'

type Clients = Pool<LineClient, StdioServer>
type Options = Partial<ProcessPoolOptions<LineClient, Record<never, never>>>

async function start(servers: Record<string, StdioServer>, options: Options = {}) {
  const resource = processPool('servers', { open: (child) => new LineClient(child), ...options, servers })
  const kernel = await started([resource])
  return { kernel, pool: kernel.get(resource) as Clients }
}

const pidOf = (pool: Clients, server = 'a') => pool.use(server, ({ child }) => child.pid)

describe('processPool', () => {
  it('starts a child when it is needed, lends it again, and has none left when it has stopped', async () => {
    const { kernel, pool } = await start({ a: fixture('line-server') })
    expect(pool.stats()).toEqual({ size: 0, idle: 0, busy: 0, waiting: 0, created: 0, destroyed: 0 })
    expect(await pool.use('a', (client) => client.ask('echo', 'hello'))).toBe('hello')
    expect(await pool.use('a', (client) => client.ask('calls'))).toBe(2)
    expect(pool.stats('a')).toEqual({ size: 1, idle: 1, busy: 0, waiting: 0, created: 1, destroyed: 0 })
    const pid = await pidOf(pool)
    expect(runs(pid)).toBe(true)
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(runs(pid)).toBe(false)
  })

  it('lends a child to one caller at a time, and lets those above max wait', async () => {
    const { pool } = await start({ a: fixture('line-server') }, { max: 2 })
    const leases = [await pool.acquire('a'), await pool.acquire('a')]
    const third = pool.acquire('a')
    expect(pool.stats('a')).toMatchObject({ size: 2, busy: 2, waiting: 1 })
    leases[1]!.release()
    leases[1]!.release()
    const lease = await third
    expect(lease.value).toBe(leases[1]!.value)
    expect(pool.stats('a')).toMatchObject({ size: 2, busy: 2, idle: 0, waiting: 0 })
    lease.release()
    leases[0]!.release()
    expect(pool.stats('a')).toMatchObject({ size: 2, busy: 0, idle: 2 })
  })

  it('says who is busy when no child became free in time, and gives up when the caller does', async () => {
    const { pool } = await start({ a: fixture('line-server') }, { max: 1, keep: 1, acquireTimeout: 50 })
    const lease = await pool.acquire('a')
    const error = await failureOf(pool.acquire('a'))
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { server: 'a' } })
    expect(error.message).toMatch(/pool "servers": server "a" had no connection to lend within 50 ms \(1 busy/)
    const reason = new Error('the client hung up')
    const controller = new AbortController()
    const waiting = pool.acquire('a', { signal: controller.signal })
    controller.abort(reason)
    expect(await failureOf(waiting)).toBe(reason)
    lease.release()
    expect(pool.stats()).toMatchObject({ idle: 1, waiting: 0 })
  })

  it('says that a child is still starting to who waits for less time than that takes', async () => {
    const open = () => new Promise<never>(() => {})
    const { pool } = await start({ a: fixture('line-server') }, { open, acquireTimeout: 300, startTimeout: 60_000 })
    const { message } = await failureOf(pool.use('a', () => 1))
    expect(message).toMatch(/had no connection to lend within 300 ms \(0 busy, 1 starting, 0 waiting\); raise acquireTimeout$/)
  })

  it('ends only the call of a child that is killed, and has a new child for the next one', async () => {
    const { pool } = await start({ a: fixture('line-server'), b: fixture('line-server') })
    const other = pool.use('b', (client) => client.ask('later', 300))
    let signal: AbortSignal | undefined
    const work = pool.use('a', (client, lease) => {
      signal = lease.signal
      process.kill(client.child.pid, 'SIGKILL')
      return client.ask('hang')
    })
    const error = await failureOf(work)
    expect(error).toBeInstanceOf(KeelsonError)
    expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'a' } })
    expect(error.message).toMatch(/server "a" was lost \(pid \d+\): it was killed by SIGKILL/)
    expect(signal?.aborted).toBe(true)
    expect(pool.failure('a')).toBe(error)
    expect(await pool.use('a', (client) => client.ask('echo', 1))).toBe(1)
    expect(pool.failure('a')).toBeUndefined()
    expect(await other).toBe(300)
    expect(pool.stats('a')).toMatchObject({ size: 1, created: 2, destroyed: 1 })
  })

  it('delivers an answer that was written before the child ended', async () => {
    const { pool } = await start({ a: fixture('line-server') })
    const answer = pool.use('a', async (client) => {
      const echoed = client.ask('echo', 'last words')
      void client.ask('crash')
      return await echoed
    })
    expect(await answer).toBe('last words')
  })

  it('keeps as many children as it is told to, also after one has crashed', async () => {
    const { pool } = await start({ a: fixture('line-server') }, { keep: 2 })
    expect(pool.stats()).toMatchObject({ size: 2, idle: 2 })
    await failureOf(pool.use('a', (client) => client.ask('crash')))
    await expect.poll(() => pool.stats(), { timeout: 10_000 }).toMatchObject({ size: 2, created: 3 })
  })

  it('opens what it is to keep as soon as its server can be started, without a call', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-pools-'))
    const file = join(folder, 'ready')
    const open = async (child: ServerProcess) => {
      const client = new LineClient(child)
      await client.ask('echo')
      return client
    }
    const servers = { a: fixture('line-server', `--needs=${file}`), b: fixture('line-server') }
    const { pool } = await start(servers, { keep: 1, open, backoff: { delay: 10, maxDelay: 200 } })
    expect(pool.stats('a')).toMatchObject({ size: 0 })
    writeFileSync(file, '')
    await expect.poll(() => pool.stats('a').size, { timeout: 10_000 }).toBe(1)
    rmSync(folder, { recursive: true })
  })

  it('lends no child that is being pinged, and the same one after that', async () => {
    let answer = () => {}
    let pings = 0
    const ping = () => {
      pings++
      return pings === 1 ? undefined : new Promise<void>((resolve) => (answer = resolve))
    }
    const { pool } = await start(
      { a: fixture('line-server') },
      { max: 1, keep: 1, ping, pingTimeout: 20_000, monitor: { interval: 20 } },
    )
    const pid = await pidOf(pool).catch(() => 0)
    await expect.poll(() => pings, { timeout: 10_000 }).toBeGreaterThan(1)
    const lent = pidOf(pool)
    const first = await Promise.race([lent, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])
    expect(first).toBe('waits')
    answer()
    expect(await lent).toBe(pid)
    expect(pool.stats()).toMatchObject({ created: 1 })
  })

  it('ends a child whose call takes longer than useTimeout', async () => {
    const { pool } = await start({ a: fixture('line-server') }, { useTimeout: 150 })
    const pid = await pidOf(pool)
    const error = await failureOf(pool.use('a', (client) => client.ask('hang')))
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { server: 'a', limit: 150 } })
    expect(await pidOf(pool)).not.toBe(pid)
    await expect.poll(() => runs(pid), { timeout: 10_000 }).toBe(false)
  })

  it('ends an idle child that answers no ping, and the pool is unhealthy only when none of its servers is left', async () => {
    let broken = ''
    const { kernel, pool } = await start(
      { a: fixture('line-server'), b: fixture('line-server') },
      {
        keep: 1,
        monitor: { interval: 20, failureThreshold: 1 },
        pingTimeout: 1_000,
        backoff: { delay: 60_000, maxDelay: 60_000 },
        ping: (client, { server }) => (broken.includes(server) ? new Promise(() => {}) : client.ask('echo', 1)),
      },
    )
    const pid = await pidOf(pool)
    broken = 'a'
    await expect.poll(() => runs(pid), { timeout: 10_000 }).toBe(false)
    expect(pool.failure('a')?.message).toMatch(/server "a" \(pid \d+\) failed its ping: no answer within 1000 ms/)
    expect(kernel.probe().ready).toBe(true)
    broken = 'a b'
    await expect.poll(() => kernel.probe().ready, { timeout: 10_000 }).toBe(false)
    expect(kernel.probe().reasons[0]?.message).toMatch(/pool "servers" reaches none of its servers/)
  })

  it('takes servers in and out while it runs', async () => {
    const { pool } = await start({})
    expect((await failureOf(pool.use('a', () => 1))).message).toBe('pool "servers" has no server "a"; it has none')
    pool.add('a', fixture('line-server'))
    expect(() => pool.add('a', fixture('line-server'))).toThrow(/server "a" is there already/)
    expect(() => pool.add('b', {} as never)).toThrow(/server "b" cannot be used: command must be a string/)
    const pid = await pidOf(pool)
    const inFlight = pool.use('a', (client) => client.ask('later', 200))
    const removed = pool.remove('a')
    expect(await inFlight).toBe(200)
    await removed
    expect(runs(pid)).toBe(false)
    expect(pool.servers).toEqual([])
  })

  it('[M1] gives a child its own environment, not ours', async () => {
    process.env.KEELSON_TEST_SECRET = 'hunter2'
    const env = { KEELSON_TEST_GIVEN: 'yes' }
    const { pool } = await start({ a: { ...fixture('line-server'), env }, b: { ...fixture('line-server'), inheritEnv: true } })
    await pidOf(pool)
    expect(marked('KEELSON_TEST_GIVEN=yes')).toEqual([await pidOf(pool)])
    const heirs = marked('KEELSON_TEST_SECRET=hunter2')
    expect(heirs).not.toContain(await pidOf(pool))
    expect(marked('KEELSON_TEST_SECRET=hunter2')).toEqual([])
    const b = await pidOf(pool, 'b')
    expect(marked('KEELSON_TEST_SECRET=hunter2')).toEqual([b])
    delete process.env.KEELSON_TEST_SECRET
  })

  it('reads its servers from what it depends on', async () => {
    const { resource } = await import('@keelson/kernel')
    const config = resource('config', { start: async () => ({ a: fixture('line-server') }) })
    const servers = processPool('servers', { dependsOn: { config }, servers: ({ config }) => config })
    const kernel = await started([servers])
    expect(
      await kernel.get(servers).use('a', async (child) => (await once(child.stdin.end() && child.stdout.resume(), 'end')) && 1),
    ).toBe(1)
  })
})

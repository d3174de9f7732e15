import { createKernel, type Kernel, type ResourceLike, resource } from '@keelson/kernel'
import { postgres } from '@keelson/postgres'
import { postgresjs } from '@keelson/postgres/postgresjs'
import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import pg from 'pg'
import postgresJs from 'postgres'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { leader, type PgLike, pgAdvisoryLock } from '../index.js'

const LEASE = 2_000
const POLL = { timeout: 20_000, interval: 20 }

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.stop())

/** Each driver: its pool, and how that is ended, however the server is. */
const DRIVERS: Record<string, (url: string) => { pool: PgLike; end(): unknown }> = {
  pg(connectionString) {
    const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 1_000 })
    pool.on('error', () => {})
    return { pool, end: () => void pool.end() }
  },
  'postgres.js'(url) {
    const sql = postgresJs(url, { max: 2, onnotice: () => {}, connect_timeout: 1, backoff: () => 0.1 })
    return { pool: sql, end: () => sql.end({ timeout: 0 }) }
  },
}

/** What a test says of its end: those of one driver run beside each other. */
type Finish = (cleanup: () => void | Promise<void>) => void

async function started(finish: Finish, ...resources: ResourceLike[]): Promise<Kernel> {
  const kernel = createKernel(resources)
  finish(async () => void (await kernel.shutdown().catch(() => {})))
  return kernel.start()
}

let made = 0
const ownKey = () => `lock ${process.pid} ${++made}`

describe.concurrent.each(Object.entries(DRIVERS))('J6 an advisory lock through %s', (driver, open) => {
  /** A process that wants to lead, and whether what depends on it runs. */
  async function contender(finish: Finish, holder: string, key: string, { url = server.url, lease = LEASE } = {}) {
    const { pool, end } = open(url)
    finish(() => void end())
    const jobs = leader('jobs', { lock: pgAdvisoryLock(pool, key, { lease }), holder })
    const ran: bigint[] = []
    const worker = resource('worker', {
      dependsOn: { jobs },
      timeouts: { stop: 500 },
      start: ({ jobs }) => void ran.push(jobs.token),
      stop: () => {},
    })
    const kernel = await started(finish, worker)
    const leads = () => kernel.inspect(worker).state === 'running'
    return { kernel, jobs, worker, ran, leads, pool }
  }

  test('is one at a time; who waits knows who leads, and leads at once when that hands over', async ({ onTestFinished }) => {
    const key = ownKey()
    const lease = 6_000
    const a = await contender(onTestFinished, 'a', key, { lease })
    await vi.waitFor(() => expect(a.leads()).toBe(true), POLL)
    const b = await contender(onTestFinished, 'b', key, { lease })
    await vi.waitFor(() => expect(b.kernel.inspect(b.jobs).standby).toMatch(/^a:\d+ leads$/), POLL)
    expect(b.kernel.probe()).toMatchObject({ status: 'ready', reasons: [] })
    const report = await a.kernel.shutdown()
    expect(report.ok).toBe(true)
    const since = Date.now()
    await vi.waitFor(() => expect(b.leads()).toBe(true), POLL)
    // It heard of the handover: otherwise it would have waited for a lease.
    expect(Date.now() - since).toBeLessThan(lease)
    expect(b.ran[0]! > a.ran[0]!).toBe(true)
  })

  test('is lost with its session, and the next term has a greater token', async ({ onTestFinished }) => {
    const a = await contender(onTestFinished, `lost by ${driver}`, ownKey())
    await vi.waitFor(() => expect(a.leads()).toBe(true), POLL)
    const { signal } = a.kernel.get(a.jobs)
    await asked(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'lost by ${driver}:%'`)
    await vi.waitFor(() => expect(signal.aborted).toBe(true), POLL)
    await vi.waitFor(() => expect(a.ran.length).toBeGreaterThan(1), POLL)
    expect(a.ran[1]! > a.ran[0]!).toBe(true)
    expect(a.kernel.probe()).toMatchObject({ status: 'ready', live: true })
  })

  test('gives back what it holds: no session and no lock is left', async ({ onTestFinished }) => {
    const key = ownKey()
    const { kernel, leads } = await contender(onTestFinished, `left by ${driver}`, key)
    await vi.waitFor(() => expect(leads()).toBe(true), POLL)
    await kernel.shutdown()
    await vi.waitFor(async () => {
      expect(await asked(`select 1 from pg_stat_activity where application_name like 'left by ${driver}:%'`)).toEqual([])
    }, POLL)
  })

  test('a server that accepts and says nothing: it leads no longer within the lease, and again when that is over', async ({
    onTestFinished,
  }) => {
    const wedged = await postgresServer()
    onTestFinished(() => wedged.kill())
    const a = await contender(onTestFinished, 'a', ownKey(), { url: wedged.url })
    await vi.waitFor(() => expect(a.leads()).toBe(true), POLL)
    const { signal } = a.kernel.get(a.jobs)
    wedged.pause()
    await vi.waitFor(() => expect(a.leads()).toBe(false), POLL)
    expect(signal.reason.message).toMatch(/has to be down before its lease of 2 s ends: a renewal of the lock was not answered/)
    expect(a.kernel.probe()).toMatchObject({ status: 'ready', live: true })
    wedged.resume()
    await vi.waitFor(() => expect(a.ran.length).toBeGreaterThan(1), POLL)
  })
})

test('the lock may be made on the resource, which the leader depends on then', async () => {
  const db = postgres('db', { url: server.url })
  const jobs = leader('jobs', { lock: pgAdvisoryLock(db, ownKey(), { lease: LEASE }) })
  const kernel = await started(onTestFinished, resource('worker', { dependsOn: { jobs }, start: () => {} }))
  expect(kernel.inspect(jobs).dependsOn).toEqual([{ resource: 'db', kind: 'required' }])
  await vi.waitFor(() => expect(kernel.inspect(jobs).state).toBe('running'), POLL)
  expect((await kernel.shutdown()).ok).toBe(true)
})

test.each([0, -1, 42, 2n ** 63n - 1n, -(2n ** 63n), 'a name'])('any number of 64 bits and any name is a key: %s', async (key) => {
  const { pool, end } = DRIVERS.pg!(server.url)
  onTestFinished(() => void end())
  const session = await pgAdvisoryLock(pool, key, { lease: LEASE }).open(undefined, 'one')
  const other = await pgAdvisoryLock(pool, key, { lease: LEASE }).open(undefined, 'other')
  expect(await session.acquire()).toMatchObject({ taken: true, waitMs: LEASE })
  expect(await other.acquire()).toEqual({ taken: false, holder: 'one' })
  session.close()
  other.close()
})

test('what is no pool, and what is no key, is refused', async () => {
  expect(() => pgAdvisoryLock({ connect: async () => ({}) as never }, 1.5)).toThrow(
    'the key of pgAdvisoryLock() is no name and no integer',
  )
  expect(() => pgAdvisoryLock({ connect: async () => ({}) as never }, 'a', { lease: 0 })).toThrow(
    'lease is 0; pass milliseconds, 1 or more',
  )
  await expect(pgAdvisoryLock({} as never, 'a').open(undefined, 'one')).rejects.toThrow(
    'pgAdvisoryLock(db) is no pool; pass a Pool of pg',
  )
})

async function asked(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test.each([
  ['pg', (url: string) => postgres('db', { url })],
  ['postgres.js', (url: string) => postgresjs('db', { url })],
])('the session of a lock through %s is no work that a shutdown waits for', async (driver, make) => {
  const db = make(server.url) as ResourceLike<PgLike>
  const key = ownKey()
  const first = leader('first', { lock: pgAdvisoryLock(db, key, { lease: LEASE }) })
  const worker = resource('worker', { dependsOn: { first }, timeouts: { stop: 500 }, start: () => {}, stop: () => {} })
  const second = leader('second', { lock: pgAdvisoryLock(db, key, { lease: LEASE }) })
  const kernel = await started(onTestFinished, worker, second)
  await expect
    .poll(() => kernel.inspect(worker).state === 'running' || kernel.inspect(second).state === 'running', POLL)
    .toBe(true)
  expect(kernel.inspect(db).counts).toMatchObject(driver === 'pg' ? { inUse: 2 } : { held: 2 })
  expect(kernel.inspect(db).work).toBeUndefined()
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})

import { createKernel, type Resource, resource } from '@keelson/kernel'
import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Migration, migrate, postgres } from '../index.js'
import { postgresjs } from '../postgresjs.js'
import { ask, connectionsOf, startErrorOf, started } from '../test-support/scene.js'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.stop())

const pooled = (options: pg.PoolConfig = {}) => postgres('db', { url: server.url, options })

test.each([
  ['pg, with a pool of one', () => pooled({ max: 1 })],
  ['postgres.js, with one connection', () => postgresjs('db', { url: server.url, options: { max: 1 } })],
])('brings the schema up before what depends on it starts: %s', async (how, define) => {
  const db = define()
  const table = how.startsWith('pg') ? 'by_pg' : 'by_postgresjs'
  const create = (db: unknown) =>
    db instanceof pg.Pool
      ? db.query(`create table ${table} ()`)
      : (db as never as { unsafe(t: string): unknown }).unsafe(`create table ${table} ()`)
  const schema = migrate('schema', { dependsOn: { db }, run: ({ db }) => create(db) })
  const api = resource('api', { dependsOn: { schema }, start: ({ schema }) => schema })
  const kernel = await started(api)
  expect(kernel.get(api)).toEqual({ ran: true })
  expect(await ask(server.url, `select to_regclass('${table}') is not null as there`)).toEqual([{ there: true }])
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect(await connectionsOf(server.url)).toBe(0)
})

test('a version is migrated to once, a new one again, and one that failed is none', async () => {
  const runs: string[] = []
  const life = async (version: string, run = async () => void runs.push(version)) => {
    const kernel = createKernel([migrate('once', { dependsOn: { db: pooled() }, version, run })])
    await kernel.start().finally(() => kernel.shutdown())
  }
  await life('v1')
  await life('v1')
  await expect(life("v'2", () => Promise.reject(new Error('column is there')))).rejects.toThrow('column is there')
  await life("v'2")
  await life("v'2")
  expect(runs).toEqual(['v1', "v'2"])
  expect(await ask(server.url, 'select name, version from keelson_migrations')).toEqual([{ name: 'once', version: "v'2" }])
})

test('who waits for a holder that does not end says who that is, and how to end it', async () => {
  const stuck = new AbortController()
  const options = { dependsOn: { db: pooled({ application_name: 'the other' }) } }
  const holder = await startedLater(
    migrate('wedged', { ...options, run: () => new Promise((resolve) => stuck.signal.addEventListener('abort', resolve)) }),
  )
  const waiter = createKernel([migrate('wedged', { dependsOn: { db: pooled() }, run: () => {}, timeouts: { start: 1_500 } })])
  const failed = startErrorOf(waiter)
  await expect
    .poll(() => waiter.inspect().resources.find(({ name }) => name === 'wedged')?.step?.name)
    .toMatch(/^lock, held by backend \d+ \(the other, 127\.0\.0\.1, since \d\d:\d\d:\d\d UTC\)$/)
  expect((await failed).message).toMatch(
    /waited [\d.]+ s for the lock of this migration, which backend (\d+) \(the other, .*\) holds: .* select pg_terminate_backend\(\1\)/,
  )
  stuck.abort()
  await holder.kernel.shutdown().catch(() => {})
  await holder.started
})

async function startedLater(schema: Resource<Migration>) {
  const kernel = createKernel([schema])
  const done = kernel.start().then(
    () => {},
    () => {},
  )
  await expect.poll(() => ask(server.url, "select 1 from pg_locks where locktype = 'advisory' and granted")).toHaveLength(1)
  return { kernel, started: done }
}

test('a run whose lock is lost is told to end', async () => {
  let reason: unknown
  const run = (_: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason
        reject(signal.reason)
      })
    })
  const { started: over } = await startedLater(migrate('lost', { dependsOn: { db: pooled() }, run }))
  await ask(server.url, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
  await over
  expect(reason).toMatchObject({ message: 'the connection that holds the lock of this migration has ended' })
})

test('a wait ends at once with the start', async () => {
  const stuck = new AbortController()
  const run = () => new Promise((resolve) => stuck.signal.addEventListener('abort', resolve))
  const holder = await startedLater(migrate('waits', { dependsOn: { db: pooled() }, run }))
  const waiter = createKernel([migrate('waits', { dependsOn: { db: pooled() }, run: () => {} })])
  const failed = startErrorOf(waiter)
  await expect.poll(() => waiter.inspect().resources.some(({ step }) => step?.name.startsWith('lock'))).toBe(true)
  await waiter.shutdown()
  await failed
  stuck.abort()
  await holder.started
  await holder.kernel.shutdown()
})

test('what cannot be used is refused', async () => {
  const define = (options: object) => () => migrate('schema', options as never)
  expect(define({})).toThrow('run is missing; pass a function')
  expect(define({ run: () => {}, version: 2 })).toThrow('version must be a text')
  expect(define({ run: () => {}, database: 'db' })).toThrow('database must be a function')
  expect(define({ run: () => {}, stop: () => {} })).toThrow('stop cannot be given')
  const none = createKernel([migrate('schema', { run: () => {} })])
  expect((await startErrorOf(none)).message).toContain(
    'dependsOn has not exactly one Pool of pg or client of postgres.js; say which by database',
  )
  const one = pooled()
  const two = postgres('two', { url: server.url })
  const chosen = migrate('schema', { dependsOn: { one, two }, database: ({ two }) => two, run: () => {} })
  await started(chosen)
})

import { createKernel, type ShutdownError } from '@keelson/kernel'
import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgres } from '../index.js'
import { ask, connectionsOf, started } from '../test-support/scene.js'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.stop())

const statements = () =>
  ask(
    server.url,
    "select query from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()",
  )

test('a statement in flight is finished', async () => {
  const db = postgres('db', { url: server.url })
  const kernel = await started(db)
  const asked = kernel.get(db).query('select pg_sleep(0.5), 7 as n')
  await expect.poll(statements).toHaveLength(1)
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect((await asked).rows).toMatchObject([{ n: 7 }])
})

test('one that does not end is cancelled before the deadline, told, and its client given back', async () => {
  const db = postgres('db', { url: server.url, timeouts: { drain: 4_000 } })
  const kernel = await started(db)
  const asked = kernel
    .get(db)
    .query('select pg_sleep(60)')
    .catch((error: pg.DatabaseError) => error.code)
  await expect.poll(statements).toHaveLength(1)
  const error = await kernel.shutdown().catch((error: ShutdownError) => error)
  expect(await asked).toBe('57014')
  expect((error as ShutdownError).report).toMatchObject({ outcomes: [{ resource: 'db', outcome: 'stopped' }] })
  expect((error as Error).message).toMatch(
    /1 statement had not ended after [\d.]+ s and had to be cancelled: client of backend \d+ for \d+\.\d s \(traceClients: true tells where it was taken\)/,
  )
  expect(await statements()).toEqual([])
  expect(await connectionsOf(server.url)).toBe(0)
})

test('pool.end() does not wait for a client that was never released: its count, its age, its backend are named', async () => {
  const db = postgres('db', { url: server.url, timeouts: { drain: 500 } })
  const kernel = await started(db)
  const pool = kernel.get(db)
  const { rows } = await (await pool.connect()).query('select pg_backend_pid() as pid')
  await pool.connect()
  const error = (await kernel.shutdown().catch((error) => error)) as ShutdownError
  expect(error.message).toMatch(
    new RegExp(
      `still at work: client of backend ${rows[0].pid} for [\\d.]+ (ms|s): traceClients: true tells where it was taken; client of`,
    ),
  )
  expect(error.report.errors).toHaveLength(1)
  expect(error.report.outcomes).toMatchObject([{ cut: { count: 2 } }])
  expect(await connectionsOf(server.url)).toBe(0)
})

test('with traceClients it is named by the line that took it, also through pool.query()', async () => {
  const db = postgres('db', { url: server.url, traceClients: true, timeouts: { drain: 500 } })
  const kernel = await started(db)
  const pool = kernel.get(db)
  await pool.connect()
  pool.connect((_error, client) => void client)
  void pool.query('select pg_sleep(60)').catch(() => {})
  await expect.poll(() => kernel.inspect(db).work?.count).toBe(3)
  for (const { label } of kernel.inspect(db).work!.oldest) {
    expect(label).toMatch(/^client of backend \d+, taken at packages\/postgres\/src\/pg\/shutdown\.test\.ts:\d+$/)
  }
  await expect(kernel.shutdown()).rejects.toThrow(/taken at packages\/postgres\/src\/pg\/shutdown\.test\.ts:\d+/)
  expect(await statements()).toEqual([])
})

test('kill destroys the sockets', async () => {
  const db = postgres('db', { url: server.url, timeouts: { drain: 0, stop: 1 } })
  const kernel = await started(db)
  await kernel.get(db).connect()
  await kernel.shutdown().catch(() => {})
  await expect.poll(() => connectionsOf(server.url)).toBe(0)
})

test('what waits for a client gets one before the pool is ended', async () => {
  const db = postgres('db', { url: server.url, options: { max: 1 } })
  const kernel = await started(db)
  const pool = kernel.get(db)
  const asked = [1, 2, 3, 4].map((n) => pool.query('select pg_sleep(0.1), $1::int as n', [n]))
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect((await Promise.all(asked)).map(({ rows }) => rows[0].n)).toEqual([1, 2, 3, 4])
})

test('a stop while the server is away is quick and clean', async () => {
  const own = await postgresServer()
  const db = postgres('db', { url: own.url })
  const kernel = createKernel([db])
  await kernel.start()
  await kernel.get(db).query('select 1')
  await own.kill()
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  await own.stop()
})

test('a client that is kept on purpose is no work while the service runs, and is named when a drain waits for it', async () => {
  const db = postgres('db', { url: server.url, timeouts: { drain: 500 } })
  const kernel = await started(db)
  const client = await kernel.get(db).connect()
  expect(kernel.inspect(db).work).toMatchObject({ count: 1 })
  Object.assign(client, { [Symbol.for('keelson.kept')]: 'a lock' })
  expect(kernel.inspect(db).work).toBeUndefined()
  await expect(kernel.shutdown()).rejects.toThrow(/still at work: client of backend \d+, kept for a lock for /)
})

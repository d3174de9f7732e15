import { createKernel, resource } from '@keelson/kernel'
import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgres } from '../index.js'
import { ask, connectionsOf, freshServer, startErrorOf, started } from '../test-support/scene.js'

const OFTEN = { interval: 200 }

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.stop())

test('the value is the Pool of pg, connected and healthy, and the stop closes every connection', async () => {
  const db = postgres('db', { url: server.url, options: { application_name: 'orders' } })
  const kernel = await started(db)
  const pool = kernel.get(db)
  expect(pool).toBeInstanceOf(pg.Pool)
  expect((await pool.query('select $1::int + 1 as n', [1])).rows).toEqual([{ n: 2 }])
  expect(kernel.inspect(db)).toMatchObject({
    state: 'running',
    health: 'healthy',
    counts: { inUse: 0, idle: 1, waiting: 0, max: 10 },
  })
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect(await connectionsOf(server.url)).toBe(0)
})

test('url and options may be functions of the dependencies', async () => {
  const vault = resource('vault', { start: () => ({ url: server.url, name: 'from the vault' }) })
  const db = postgres('db', {
    dependsOn: { vault },
    url: ({ vault }) => vault.url,
    options: async ({ vault }) => ({ application_name: vault.name, max: 3 }),
  })
  const kernel = await started(db)
  const { rows } = await kernel.get(db).query('show application_name')
  expect(rows).toEqual([{ application_name: 'from the vault' }])
  expect(kernel.get(db).options.max).toBe(3)
})

test('client adopts a pool that exists, and a function makes one at every start', async () => {
  const pool = new pg.Pool({ connectionString: server.url })
  const leased = await pool.connect() // before it is a resource
  const db = postgres('db', { client: pool })
  const kernel = await started(db)
  expect(kernel.get(db)).toBe(pool)
  leased.release()
  await kernel.shutdown()
  expect(await connectionsOf(server.url)).toBe(0)
  expect((await startErrorOf(kernel)).message).toContain(
    'client has been ended; pass a function that makes a new one at every start',
  )
  const made = postgres('made', { client: () => new pg.Pool({ connectionString: server.url }) })
  const again = createKernel([made])
  for (let life = 0; life < 2; life++) {
    await again.start()
    await again.get(made).query('select 1')
    await again.shutdown()
  }
  expect(await connectionsOf(server.url)).toBe(0)
})

test('a check never waits for a free client, and tells how many wait', async () => {
  const db = postgres('db', { url: server.url, options: { max: 2 }, monitor: OFTEN })
  const kernel = await started(db)
  const pool = kernel.get(db)
  const clients = [await pool.connect(), await pool.connect()]
  const waiting = [pool.connect(), pool.connect(), pool.connect()]
  const [checked] = await kernel.check(db)
  expect(checked).toMatchObject({ ok: true })
  expect(kernel.probe()).toMatchObject({ ready: true })
  expect(kernel.inspect(db)).toMatchObject({
    health: 'healthy',
    counts: { inUse: 2, idle: 0, waiting: 3, max: 2 },
    work: { count: 2, oldest: [{ label: expect.stringMatching(/^client of backend \d+$/) }, {}] },
  })
  for (const client of clients) client.release()
  for (const client of await Promise.all(waiting.slice(0, 2))) client.release()
  ;(await waiting[2]!).release()
  expect(kernel.inspect(db).work).toBeUndefined()
})

test('an error on an idle client, and on one that is checked out, ends nothing', async () => {
  const db = postgres('db', { url: server.url })
  const kernel = await started(db)
  const pool = kernel.get(db)
  const [held, idle] = [await pool.connect(), await pool.connect()]
  idle.release()
  await ask(server.url, 'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()')
  await expect.poll(() => held.query('select 1').catch((error: Error) => error.message)).toMatch(/not queryable|terminat/)
  held.release(true)
  // It reconnects after pg_terminate_backend; a statement that crosses with the end of the idle client fails with it.
  const asked = () =>
    pool.query('select 1 as n').then(
      ({ rows }) => rows,
      () => [],
    )
  await expect.poll(asked).toEqual([{ n: 1 }])
  expect(kernel.inspect(db).health).toBe('healthy')
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})

test('it is unhealthy the moment the server has been killed, also without a query, and healthy again once it is back', async () => {
  const own = await freshServer()
  const db = postgres('db', { url: own.url })
  const kernel = await started(db)
  const pool = kernel.get(db)
  await own.kill()
  await expect
    .poll(() => kernel.inspect(db))
    .toMatchObject({ health: 'unhealthy', error: expect.stringContaining('ECONNREFUSED') })
  expect(kernel.probe().ready).toBe(false)
  await own.start()
  await expect.poll(() => kernel.inspect(db).health).toBe('healthy')
  expect(kernel.get(db)).toBe(pool)
  expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }])
})

test('after a failover it goes on with the server that answers at the same port, once that is no standby', async () => {
  const primary = await freshServer()
  const db = postgres('db', { url: primary.url })
  const kernel = await started(db)
  await kernel.get(db).query('select 1')
  await primary.kill()
  const standby = await freshServer({ port: primary.port, standby: true })
  await expect.poll(() => kernel.inspect(db).error).toContain('the server is read-only: a standby that was not promoted')
  await ask(standby.url, 'select pg_promote()')
  await expect.poll(() => kernel.inspect(db).health).toBe('healthy')
  await kernel.get(db).query('create table orders ()')
})

test('a standby is not what a start is looking for, unless a replica will do', async () => {
  const standby = await freshServer({ standby: true })
  const strict = postgres('db', { url: standby.url, retry: { attempts: 1 } })
  expect((await startErrorOf(createKernel([strict]))).message).toContain('replica: true accepts that')
  const kernel = await started(postgres('db', { url: standby.url, replica: true }))
  expect(kernel.probe().ready).toBe(true)
})

test('a wedged server fails the check in time, and neither a stop nor a start waits for it', async () => {
  const own = await freshServer()
  const db = postgres('db', { url: own.url, timeouts: { check: 300, start: 1_000 }, retry: { attempts: 1 } })
  const kernel = await started(db)
  await kernel.get(db).query('select 1')
  own.pause()
  const [checked] = await kernel.check(db)
  expect(checked).toMatchObject({ ok: false, error: expect.stringContaining('no answer within 270 ms') })
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect((await startErrorOf(kernel)).message).toContain('no connection within 900 ms')
  own.resume()
  await expect.poll(() => connectionsOf(own.url)).toBe(0)
})

test('a hook, and what cannot be used, is refused when it is defined', () => {
  const define = (options: object) => () => postgres('db', options as never)
  expect(define({})).toThrow('resource "db": url is missing; pass { url: process.env.DATABASE_URL }')
  expect(define({ url: server.url, check: () => true })).toThrow('check cannot be given')
  expect(define({ url: server.url, client: new pg.Pool() })).toThrow('client cannot be given beside url and options')
  expect(define({ url: server.url, replica: 'primary' })).toThrow('replica must be true or false')
  expect(define({ url: server.url, traceClients: 1 })).toThrow('traceClients must be true or false')
  expect(define({ options: 7 })).toThrow('options must be an object or a function')
  expect(() => postgres('db', server.url as never)).toThrow(/its options must be an object; pass \{ url \}$/)
})

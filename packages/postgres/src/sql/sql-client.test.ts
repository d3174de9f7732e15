import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKernel, resource, type ShutdownError } from '@keelson/kernel'
import { tcpProxy } from '@keelson/kernel/conformance'
import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import postgres, { type PostgresError, type Sql } from 'postgres'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { postgresjs } from '../postgresjs.js'
import { ask, connectionsOf, freshServer, startErrorOf, started } from '../test-support/scene.js'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.stop())

const sleeping = (url = server.url) =>
  ask(url, "select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()")

test('the value is the client of postgres.js, and the stop closes every connection', async () => {
  const db = postgresjs('db', { url: server.url, options: { max: 4 } })
  const kernel = await started(db)
  const sql = kernel.get(db)
  expect([...(await sql`select ${1}::int + 1 as n`)]).toEqual([{ n: 2 }])
  expect(kernel.inspect(db)).toMatchObject({ state: 'running', health: 'healthy', counts: { held: 0, connections: 1, max: 4 } })
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect(await connectionsOf(server.url)).toBe(0)
})

test('url and options may be functions of the dependencies', async () => {
  const vault = resource('vault', { start: () => ({ url: server.url, name: 'from the vault' }) })
  const db = postgresjs('db', {
    dependsOn: { vault },
    url: ({ vault }) => vault.url,
    options: async ({ vault }) => ({ connection: { application_name: vault.name } }),
  })
  const kernel = await started(db)
  expect(await kernel.get(db)`show application_name`).toMatchObject([{ application_name: 'from the vault' }])
})

test('client adopts one that exists, and a function makes one at every start', async () => {
  let closed = 0
  const own = postgres(server.url, { onclose: () => void closed++ })
  const kernel = await started(postgresjs('db', { client: own }))
  await own`select 1`
  await kernel.shutdown()
  expect(closed).toBe(1) // its own listener is still called
  const made = postgresjs('made', { client: () => postgres(server.url) })
  const again = createKernel([made])
  for (let life = 0; life < 2; life++) {
    await again.start()
    await again.get(made)`select 1`
    await again.shutdown()
  }
  expect(await connectionsOf(server.url)).toBe(0)
  const error = await startErrorOf(createKernel([postgresjs('none', { client: (() => ({})) as never })]))
  expect(error.message).toContain('client is no client of postgres.js')
})

test.each(['plain', 'over TLS'])('it comes back after a kill and a termination, %s', async (how) => {
  const tls = how === 'over TLS'
  const own = await freshServer({ tls })
  const ssl = tls && { ca: own.ca! }
  const db = postgresjs('db', { url: own.url, options: { ssl } })
  const kernel = await started(db)
  const sql = kernel.get(db)
  await sql`select 1`
  await own.kill()
  await expect
    .poll(() => kernel.inspect(db))
    .toMatchObject({ health: 'unhealthy', error: expect.stringContaining('ECONNREFUSED') })
  await own.start()
  await expect.poll(() => kernel.inspect(db).health).toBe('healthy')
  await expect.poll(() => sql`select 1 as n`.catch(() => [])).toMatchObject([{ n: 1 }])
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'`.catch(() => {})
  await expect.poll(() => sql`select 1 as n`.catch(() => [])).toMatchObject([{ n: 1 }])
  expect(kernel.get(db)).toBe(sql)
})

test('after a failover it goes on with the server that answers at the same port, once that is no standby', async () => {
  const primary = await freshServer()
  const db = postgresjs('db', { url: primary.url, options: { transform: postgres.camel } })
  const kernel = await started(db)
  await primary.kill()
  const standby = await freshServer({ port: primary.port, standby: true })
  await expect.poll(() => kernel.inspect(db).error).toContain('the server is read-only')
  await ask(standby.url, 'select pg_promote()')
  await expect.poll(() => kernel.inspect(db).health).toBe('healthy')
})

test('statements in flight and in line are finished, and so are transactions', async () => {
  const db = postgresjs('db', { url: server.url, options: { max: 1 } })
  const kernel = await started(db)
  const sql = kernel.get(db)
  await sql`select 1`
  const transaction = sql.begin(async (tx) => {
    await tx`select pg_sleep(0.3)`
    return [...(await tx`select 7 as n`)]
  })
  const inLine = [1, 2, 3].map(async (n) => [...(await sql`select pg_sleep(0.05), ${n}::int as n`)][0]!.n)
  await expect.poll(sleeping).toHaveLength(1)
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  expect(await transaction).toEqual([{ n: 7 }])
  expect(await Promise.all(inLine)).toEqual([1, 2, 3])
})

test.each(['plain', 'over TLS'])('a statement that does not end is cancelled before the deadline, and told, %s', async (how) => {
  const own = await freshServer({ tls: how === 'over TLS', access: ['host postgres watcher 127.0.0.1/32 trust'] })
  const ssl = how === 'over TLS' && { ca: own.ca! }
  const db = postgresjs('db', { url: own.url, timeouts: { drain: 4_000 }, options: { ssl } })
  const kernel = await started(db)
  const sql = kernel.get(db)
  await sql`create role watcher login in role pg_read_all_stats`
  const watched = own.url.replace(`postgres:${own.password}@`, 'watcher@')
  const asked = sql`select pg_sleep(60)`.catch((error: PostgresError) => error.code)
  await expect.poll(() => sleeping(watched)).toHaveLength(1)
  const error = (await kernel.shutdown().catch((error) => error)) as ShutdownError
  expect(await asked).toBe('57014')
  expect(error.message).toMatch(/1 statement had not ended after [\d.]+ s and had to be cancelled/)
  expect(await sleeping(watched)).toEqual([])
})

test('what postgres.js looks up by itself does not end the process when the connection is reset in the middle of it', async () => {
  const own = await freshServer()
  const db = postgresjs('db', { url: own.url, timeouts: { drain: 100 } })
  const kernel = await started(db)
  const sql = kernel.get(db)
  const unhandled: unknown[] = []
  const hear = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', hear)
  onTestFinished(() => void process.off('unhandledRejection', hear))
  let lookups = 0
  const { options } = sql as unknown as { options: { socket: (options: unknown) => Socket } }
  const plain = options.socket
  options.socket = (options) => {
    const socket = plain(options)
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
    socket.write = (...args: unknown[]) => {
      const sent = write(...args)
      if (String(args[0]).includes('typarray'))
        socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: `RESET ${++lookups}` }))
      return sent
    }
    return socket
  }
  for (const ask of [() => sql`select 1`, () => sql.reserve()]) {
    await expect(Promise.race([ask(), sleep(200).then(() => Promise.reject(new Error('waits')))])).rejects.toThrow(
      /ECONNRESET|waits/,
    )
  }
  expect(lookups).toBeGreaterThan(1)
  await sleep(50)
  expect(unhandled).toEqual([])
})

test('who asks again at once when a connection was reset is answered', async () => {
  await using proxy = await tcpProxy(server)
  const db = postgresjs('db', { url: server.url.replace(String(server.port), String(proxy.port)) })
  const kernel = await started(db)
  const sql = kernel.get(db)
  await sql`select 1`
  for (let round = 0; round < 3; round++) {
    proxy.cut()
    let failures = 0
    for (let failed = true; failed; failures++) {
      failed = await sql`select 1`.then(
        () => false,
        () => true,
      )
    }
    expect(failures).toBeGreaterThan(1)
  }
  await kernel.shutdown()
})

test('a reserved connection that is never released is named, and does not keep the client from ending', async () => {
  const db = postgresjs('db', { url: server.url, traceClients: true, timeouts: { drain: 500 } })
  const kernel = await started(db)
  await kernel.get(db).reserve()
  expect(kernel.inspect(db).work?.oldest[0]?.label).toMatch(
    /^reserved connection, begun at packages\/postgres\/src\/sql\/sql-client\.test\.ts:\d+$/,
  )
  await expect(kernel.shutdown()).rejects.toThrow(/still at work: reserved connection, begun at packages\/postgres\/src\//)
  await expect.poll(() => connectionsOf(server.url)).toBe(0)
})

test('a client that listens, and has lost a connection in the middle of a statement, is drained all the same', async () => {
  const db = postgresjs('db', { url: server.url, timeouts: { drain: 5_000 } })
  const kernel = await started(db)
  const sql = kernel.get(db)
  await sql.listen('news', () => {})
  await expect(sql`select pg_terminate_backend(pg_backend_pid())`).rejects.toThrow()
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  await expect.poll(() => connectionsOf(server.url)).toBe(0)
})

test('a reserved connection that is released is no work any more', async () => {
  const db = postgresjs('db', { url: server.url })
  const kernel = await started(db)
  const reserved = await kernel.get(db).reserve()
  expect([...(await reserved`select 1 as n`)]).toEqual([{ n: 1 }])
  expect(kernel.inspect(db).work).toMatchObject({ count: 1, oldest: [{ hint: 'traceClients: true tells where it began' }] })
  reserved.release()
  expect(kernel.inspect(db).work).toBeUndefined()
  await expect(kernel.get(db).begin((tx) => tx`select nothing`)).rejects.toThrow('column "nothing" does not exist')
  expect(kernel.inspect(db).work).toBeUndefined()
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})

test('the timeout of end() is in seconds: a stop of half a second is not one of minutes', async () => {
  const own = await freshServer()
  const db = postgresjs('db', { url: own.url, timeouts: { drain: 200, stop: 500 } })
  const kernel = await started(db)
  const asked = kernel.get(db)`select pg_sleep(60)`.catch((error: { code: string }) => error.code)
  await expect.poll(() => sleeping(own.url)).toHaveLength(1)
  own.pause()
  await expect(kernel.shutdown()).rejects.toThrow('still at work: statements')
  expect(await asked).toMatch(/CONNECTION_DESTROYED|CONNECTION_CLOSED/)
})

test('several hosts are left to postgres.js', async () => {
  const nobody = await freshServer()
  await nobody.kill()
  const db = postgresjs('db', {
    options: {
      host: ['127.0.0.1', '127.0.0.1'],
      port: [nobody.port, server.port],
      username: 'postgres',
      password: server.password,
    } as never,
  })
  const kernel = await started(db)
  expect(await (kernel.get(db) as Sql)`select 1 as n`).toMatchObject([{ n: 1 }])
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})

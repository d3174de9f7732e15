import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFixture } from './child.js'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer({ access: ['host all overtls 127.0.0.1/32 reject'] })
})
afterAll(() => server.stop())

async function ask(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const SECRET = 'wr0ng-passw0rd'
const at = (user: string, database = 'postgres') => `postgres://${user}@127.0.0.1:${server.port}/${database}`

describe.each(['pg', 'postgres.js'])('what %s cannot use ends the start in one clear line, with code 1', (driver) => {
  const rows: [string, () => object, RegExp][] = [
    ['a url that is missing', () => ({ url: '' }), /url is empty; pass a connection string such as postgres:/],
    ['a url of something else', () => ({ url: `mysql://root:${SECRET}@127.0.0.1/app` }), /url does not begin with postgres:\/\//],
    ['a url that cannot be parsed', () => ({ url: `postgres://ada:${SECRET}@127.0.0.1:port/app` }), /Invalid URL/],
    ['a wrong password', () => ({ url: at(`postgres:${SECRET}`) }), /password authentication failed for user "postgres"/],
    [
      'a database that does not exist',
      () => ({ url: at(`postgres:${server.password}`, 'nowhere') }),
      /database "nowhere" does not exist/,
    ],
    ['TLS that the server demands', () => ({ url: at(`overtls:${SECRET}`) }), /pg_hba\.conf rejects connection .* no encryption/],
  ]
  test.each(rows)('%s', async (_what, options, says) => {
    const { code, output } = await runFixture('postgres', { DRIVER: driver, OPTIONS: JSON.stringify(options()) }).ended
    const lines = output.trim().split('\n')
    expect(lines).toHaveLength(1)
    const { msg } = JSON.parse(lines[0]!) as { msg: string }
    expect(msg).toMatch(/^shop did not start: resource "db"/)
    expect(msg).toMatch(says)
    expect(output).not.toContain(SECRET)
    expect(output).not.toContain(server.password)
    expect(code).toBe(1)
  })

  test('or only degrades the service, where asked', async () => {
    const options = { url: at(`postgres:${SECRET}`), impact: 'degraded' }
    const child = runFixture('postgres', { DRIVER: driver, OPTIONS: JSON.stringify(options) })
    await child.said(/probe degraded/)
    child.kill('SIGTERM')
    const { code, output } = await child.ended
    expect(output).toContain('password authentication failed')
    expect(output).not.toContain(SECRET)
    expect(code).toBe(0)
  })
})

test('TLS that the client demands and the server does not have is named', async () => {
  const options = { options: { ssl: true }, url: server.url }
  const { code, output } = await runFixture('postgres', { DRIVER: 'pg', OPTIONS: JSON.stringify(options) }).ended
  expect(output).toContain('The server does not support SSL connections')
  expect(code).toBe(1)
})

test('a server that dies under idle, held and reserved connections does not end the process', async () => {
  const own = await postgresServer()
  try {
    const child = runFixture('postgres-idle', { URL: own.url })
    await child.said(/probe ready 0/)
    await own.kill()
    await child.said(/probe degraded 2/)
    await own.start()
    await child.said(/probe degraded 2[\s\S]*probe ready 0/)
    child.kill('SIGUSR2')
    await child.said(/released/)
    child.kill('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0 })
  } finally {
    await own.stop()
  }
})

describe('migrate() in three processes at once', () => {
  const env = (more: Record<string, string> = {}) => ({ URL: server.url, ...more })

  test('is run by one at a time, in each', async () => {
    await ask('create table running (n int); create table runs (n int)')
    const ended = await Promise.all([1, 2, 3].map(() => runFixture('postgres-migrate', env()).ended))
    for (const { code, output } of ended) {
      expect(output).toMatch(/migrating[\s\S]*done ran=true/)
      expect(output).not.toContain('overlapping')
      expect(code).toBe(0)
    }
    expect(await ask('select count(*)::int as n from runs')).toEqual([{ n: 3 }])
    await ask('drop table running; drop table runs')
  })

  test('is run once for a version: the others see it done', async () => {
    await ask('create table running (n int); create table runs (n int)')
    const ended = await Promise.all([1, 2, 3].map(() => runFixture('postgres-migrate', env({ VERSION: 'r42' })).ended))
    const ran = ended.map(({ output }) => /done ran=(\w+)/.exec(output)?.[1]).sort()
    expect(ran).toEqual(['false', 'false', 'true'])
    expect(await ask('select count(*)::int as n from runs')).toEqual([{ n: 1 }])
    await ask('drop table running; drop table runs')
  })

  test('goes on in another one when the process that runs it is killed', async () => {
    await ask('create table running (n int); create table runs (n int)')
    const first = runFixture('postgres-migrate', env({ MS: '600000' }))
    await first.said(/migrating/)
    const second = runFixture('postgres-migrate', env())
    await expect
      .poll(() => ask("select 1 from pg_stat_activity where query like '%pg_try_advisory_lock%' or query like '%pg_locks%'"))
      .not.toHaveLength(0)
    first.kill('SIGKILL')
    await first.ended
    expect(await second.ended).toMatchObject({ code: 0, output: expect.stringContaining('done ran=true') })
  })
})

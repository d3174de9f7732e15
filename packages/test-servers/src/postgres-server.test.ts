import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { expect, test } from 'vitest'
import { postgresServer } from './postgres-server.js'

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('keeps its port and its data when it is restarted, and when it is killed and started again', async () => {
  await using server = await postgresServer()
  await query(server.url, 'create table kept as select 1 as n')
  await server.restart()
  expect(await query(server.url, 'select n from kept')).toEqual([{ n: 1 }])
  await server.kill()
  await expect(query(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  await server.start()
  expect(await query(server.url, 'select n from kept')).toEqual([{ n: 1 }])
})

test('accepts connections and answers nothing while it is paused', async () => {
  await using server = await postgresServer()
  server.pause()
  await expect(query(server.url, 'select 1')).rejects.toThrow('timeout')
  server.resume()
  expect(await query(server.url, 'select 1 as n')).toEqual([{ n: 1 }])
})

test('asks for the password', async () => {
  await using server = await postgresServer()
  const wrong = server.url.replace(server.password, 'wrong')
  await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed')
})

test('is a read-only standby until it is promoted, with settings and access of its own', async () => {
  await using server = await postgresServer({
    standby: true,
    settings: { max_connections: 120 },
    access: ['hostssl all tls 127.0.0.1/32 trust', 'host all tls 127.0.0.1/32 reject'],
  })
  expect(await query(server.url, 'show max_connections')).toEqual([{ max_connections: '120' }])
  await expect(query(server.url, 'create table t ()')).rejects.toThrow('read-only')
  await expect(query(server.url.replace('//postgres', '//tls'), 'select 1')).rejects.toThrow('pg_hba.conf')
  await query(server.url, 'select pg_promote()')
  await query(server.url, 'create table t ()')
})

test('speaks TLS alone, with a certificate that can be verified', async () => {
  await using server = await postgresServer({ tls: true })
  await expect(query(server.url, 'select 1')).rejects.toThrow('no encryption')
  const client = new pg.Client({ connectionString: server.url, ssl: { ca: server.ca } })
  await client.connect()
  const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
  expect(rows).toEqual([{ ssl: true }])
  await client.end()
})

test('says why it does not start', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  await expect(postgresServer({ port })).rejects.toThrow('Address already in use')
  taken.close()
})

test('ends with the process that has started it, also when that is killed', async () => {
  const script = `
    import { postgresServer } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const { port } = await postgresServer()
    console.log(port)
    setInterval(() => {}, 1_000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(createInterface(owner.stdout), 'line')) as [string]
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await expect(query(url, 'select 1')).rejects.toThrow('password')
  owner.kill('SIGKILL')
  await expect.poll(() => query(url, 'select 1').catch((error) => error.message)).toContain('ECONNREFUSED')
})

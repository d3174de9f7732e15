import { conformance } from '@keelson/kernel/conformance'
import { postgresServer, recordConformance } from '@keelson/test-servers'
import type { Pool } from 'pg'
import { afterAll, test } from 'vitest'
import { postgres } from '../index.js'

const server = await postgresServer({ access: ['host all overtls 127.0.0.1/32 reject'] })
afterAll(() => server.stop())

const urlOf = (at: { host: string; port: number }, user = `postgres:${server.password}`, database = 'postgres') =>
  `postgres://${user}@${at.host}:${at.port}/${database}`

const cases = conformance<Pool>({
  name: 'postgres() on pg 8',
  server,
  report: recordConformance(import.meta.url, { adapter: 'postgres()', driver: 'pg', server: 'PostgreSQL 18' }),
  secrets: [server.password, 'wr0ng-passw0rd'],
  make: (name, at, options) => postgres(name, { url: urlOf(at), ...options }),
  use: (pool) => pool.query('select 1'),
  async exhaust(pool) {
    const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
    return () => {
      for (const client of clients) client.release()
    }
  },
  refused: {
    credentials: {
      make: (name, at, options) => postgres(name, { url: urlOf(at, 'postgres:wr0ng-passw0rd'), ...options }),
      says: /password authentication failed for user "postgres"/,
    },
    withoutTls: {
      make: (name, at, options) => postgres(name, { url: urlOf(at, 'overtls:wr0ng-passw0rd'), ...options }),
      says: /pg_hba\.conf rejects connection .* no encryption/,
    },
    database: {
      make: (name, at, options) => postgres(name, { url: urlOf(at, undefined, 'nowhere'), ...options }),
      says: /database "nowhere" does not exist/,
    },
  },
})
for (const { name, run } of cases) test(name, run, 120_000)

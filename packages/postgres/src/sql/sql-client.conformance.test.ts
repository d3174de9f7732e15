import { conformance } from '@keelson/kernel/conformance'
import { postgresServer, recordConformance } from '@keelson/test-servers'
import type { Sql } from 'postgres'
import { afterAll, test } from 'vitest'
import { postgresjs } from '../postgresjs.js'

const server = await postgresServer({ access: ['host all overtls 127.0.0.1/32 reject'] })
afterAll(() => server.stop())

const urlOf = (at: { host: string; port: number }, user = `postgres:${server.password}`, database = 'postgres') =>
  `postgres://${user}@${at.host}:${at.port}/${database}`

const cases = conformance<Sql>({
  name: 'postgresjs() on postgres.js 3',
  server,
  report: recordConformance(import.meta.url, { adapter: 'postgresjs()', driver: 'postgres', server: 'PostgreSQL 18' }),
  secrets: [server.password, 'wr0ng-passw0rd'],
  make: (name, at, options) => postgresjs(name, { url: urlOf(at), ...options }),
  use: (sql) => sql`select 1`,
  async exhaust(sql) {
    const reserved = await Promise.all(Array.from({ length: sql.options.max }, () => sql.reserve()))
    return () => {
      for (const connection of reserved) connection.release()
    }
  },
  refused: {
    credentials: {
      make: (name, at, options) => postgresjs(name, { url: urlOf(at, 'postgres:wr0ng-passw0rd'), ...options }),
      says: /password authentication failed for user "postgres"/,
    },
    withoutTls: {
      make: (name, at, options) => postgresjs(name, { url: urlOf(at, 'overtls:wr0ng-passw0rd'), ...options }),
      says: /pg_hba\.conf rejects connection .* no encryption/,
    },
    database: {
      make: (name, at, options) => postgresjs(name, { url: urlOf(at, undefined, 'nowhere'), ...options }),
      says: /database "nowhere" does not exist/,
    },
  },
})
for (const { name, run } of cases) test(name, run, 120_000)

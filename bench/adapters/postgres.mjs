import { postgres } from '@keelson/postgres'
import { postgresjs } from '@keelson/postgres/postgresjs'
import { postgresServer } from '@keelson/test-servers'
import pg from 'pg'
import plain from 'postgres'

export default async function subjects() {
  const [first, second, third] = await Promise.all([postgresServer(), postgresServer(), postgresServer()])
  const pooled = (name, server, options) => ({
    name,
    server,
    resource: postgres('db', { url: server.url, ...options }),
    bare: async () => new pg.Pool({ connectionString: server.url }).on('error', () => {}),
    command: (pool) => pool.query('select 1'),
    close: (pool) => pool.end(),
  })
  return [
    pooled('pg', first, {}),
    pooled('pg with traceClients', second, { traceClients: true }),
    {
      name: 'postgres.js',
      server: third,
      resource: postgresjs('db', { url: third.url }),
      bare: async () => plain(third.url),
      command: (sql) => sql`select 1`,
      close: (sql) => sql.end(),
    },
  ]
}

import { type Resource, resource } from '@keelson/kernel'
import pg, { type Pool } from 'pg'
import plain, { type Sql } from 'postgres'
import { expectTypeOf } from 'vitest'
import { type Migration, migrate, postgres } from './index.js'
import { postgresjs } from './postgresjs.js'

const vault = resource('vault', { start: () => ({ url: 'postgres://h', max: 3 }) })

expectTypeOf(postgres('db', { url: process.env.DATABASE_URL })).toEqualTypeOf<Resource<Pool>>()
expectTypeOf(postgres('db', { options: { host: 'h', password: async () => 'p' } })).toEqualTypeOf<Resource<Pool>>()
expectTypeOf(postgres('db', { client: new pg.Pool() })).toEqualTypeOf<Resource<Pool>>()
expectTypeOf(postgresjs('db', { url: process.env.DATABASE_URL })).toEqualTypeOf<Resource<Sql>>()
expectTypeOf(postgresjs('db', { client: plain('postgres://h') })).toEqualTypeOf<Resource<Sql>>()

const db = postgres('db', {
  dependsOn: { vault },
  url: ({ vault }) => vault.url,
  options: ({ vault }) => ({ max: vault.max }),
  shared: true,
  timeouts: { start: 5_000 },
})
const sql = postgresjs('sql', {
  dependsOn: { vault },
  client: ({ vault }) => plain(vault.url, { max: vault.max }),
})
expectTypeOf(migrate('schema', { dependsOn: { db }, run: ({ db }) => db.query('select 1') })).toEqualTypeOf<Resource<Migration>>()
migrate('schema', { dependsOn: { sql }, run: ({ sql }, { signal }) => (signal.aborted ? undefined : sql`select 1`) })
migrate('schema', { dependsOn: { db, sql }, database: ({ sql }) => sql, run: () => {} })

// @ts-expect-error the hooks are this package's
postgres('db', { url: 'postgres://h', check: () => true })
// @ts-expect-error what is not depended on is not passed
postgres('db', { url: ({ vault }) => vault.url })
// @ts-expect-error it has no such option
postgresjs('db', { url: 'postgres://h', options: { maximum: 3 } })
// @ts-expect-error what it does has to be said
migrate('schema', { dependsOn: { db } })

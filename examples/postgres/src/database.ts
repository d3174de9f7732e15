import { migrate, postgres } from '@keelson/postgres'

/** One pool for all that follows. */
export const db = postgres('db', { url: () => process.env.DATABASE_URL, options: { max: 5 } })

/** Once per deploy, whoever comes first; everything that needs the tables depends on it. */
export const schema = migrate('schema', {
  dependsOn: { db },
  version: '1',
  run: ({ db }) => db.query('create table if not exists orders (id serial primary key, total int not null)'),
})

import { resource } from '@keelson/kernel'
import { type Generated, Kysely, PostgresDialect } from 'kysely'
import { db, schema } from './database.js'

interface Tables {
  orders: { id: Generated<number>; total: number }
}

/** No `stop`: `destroy()` of Kysely would end the pool, which belongs to `db`. */
export const kyselyOrders = resource('kysely-orders', {
  dependsOn: { db, schema },
  start: ({ db: pool }) => {
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
    return {
      add: async (total: number) =>
        (await db.insertInto('orders').values({ total }).returning('id').executeTakeFirstOrThrow()).id,
      total: async () =>
        Number(
          (
            await db
              .selectFrom('orders')
              .select(({ fn }) => fn.sum('total').as('total'))
              .executeTakeFirst()
          )?.total ?? 0,
        ),
    }
  },
})

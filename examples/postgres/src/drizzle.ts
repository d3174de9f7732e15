import { resource } from '@keelson/kernel'
import { sum } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, serial } from 'drizzle-orm/pg-core'
import { db, schema } from './database.js'

const orders = pgTable('orders', { id: serial().primaryKey(), total: integer().notNull() })

/** Drizzle has nothing to open or to close: it is handed the pool. */
export const drizzleOrders = resource('drizzle-orders', {
  dependsOn: { db, schema },
  start: ({ db: pool }) => {
    const db = drizzle(pool)
    return {
      add: async (total: number) => (await db.insert(orders).values({ total }).returning({ id: orders.id }))[0]!.id,
      total: async () => Number((await db.select({ total: sum(orders.total) }).from(orders))[0]?.total ?? 0),
    }
  },
})

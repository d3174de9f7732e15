import { resource } from '@keelson/kernel'
import knex from 'knex'
import type { PoolClient } from 'pg'
import { db, schema } from './database.js'

/**
 * Knex has a pool of its own, which is given the clients of `db`: so they are in its ledger, and its health is that of `db`. A client that Knex lets
 * go is released to `db`, and `min: 0` keeps it from holding any.
 */
export const knexOrders = resource('knex-orders', {
  dependsOn: { db, schema },
  start: ({ db: pool }) => {
    const db = knex({ client: 'pg', connection: {}, pool: { min: 0, max: pool.options.max, idleTimeoutMillis: 100 } })
    Object.assign(db.client, {
      acquireRawConnection: () => pool.connect(),
      destroyRawConnection: async (client: PoolClient) => client.release(),
    })
    return {
      db,
      add: async (total: number): Promise<number> => (await db('orders').insert({ total }).returning('id'))[0].id,
      total: async () => Number((await db('orders').sum('total as total'))[0]?.total ?? 0),
    }
  },
  stop: ({ db }) => db.destroy(),
})

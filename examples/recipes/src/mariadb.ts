import { resource } from '@keelson/kernel'
import { createConnection, createPool } from 'mysql2/promise'

const url = () => process.env.MARIADB_URL ?? 'mysql://root@127.0.0.1:3306/shop'

export const db = resource('db', {
  retry: true,
  async start() {
    const pool = createPool({ uri: url(), connectTimeout: 5_000, waitForConnections: true, connectionLimit: 10 })
    try {
      await pool.query('select 1')
      return pool
    } catch (error) {
      await pool.end()
      throw error
    }
  },
  // On a connection of its own, for one of the pool may have to be waited for: a pool that is full is not an outage.
  async check(_pool, { signal }) {
    const connection = await createConnection({ uri: url(), connectTimeout: 4_000 })
    const giveUp = () => connection.destroy() // a server that answers nothing would hold it for ever
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await connection.ping()
      await connection.end()
    } finally {
      signal.removeEventListener('abort', giveUp)
      connection.destroy()
    }
  },
  stop: (pool) => pool.end(), // statements in flight are answered before their connections are closed
  shared: true,
  impact: 'unready',
})

import { Pool } from 'undici'
import { client } from './client.js'

export const search = client('search', {
  open: () => new Pool(process.env.SEARCH_URL ?? 'http://127.0.0.1:9200'),
  ping: async (pool, { signal }) => {
    const { statusCode, body } = await pool.request({ path: '/', method: 'GET', signal })
    await body.dump()
    if (statusCode >= 400) throw new Error(`the search answers ${statusCode}`)
  },
  close: (pool) => pool.close(), // what is in flight is answered
  shared: true, // an outage of it degrades every replica, and ends none
})

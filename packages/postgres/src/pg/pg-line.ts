import type { Line } from '../watch/sentinel.js'
import { type ClientLike, destroyClient, type PoolLike } from './pg-like.js'

/** A client of its own beside a pool, with the same options. */
export function openPgLine(pool: PoolLike, lost: () => void): Line & { readonly client: ClientLike } {
  if (pool.Client === undefined) throw new TypeError('client is no Pool of pg: it has no class of clients')
  const client = new pool.Client(pool.options as never)
  let told = false
  client.on('error', () => {}) // without a listener it would end the process
  client.on('end', () => {
    if (!told) lost()
  })
  if (pool.options.allowExitOnIdle) client.unref?.()
  return {
    client,
    connected: client.connect(),
    async ask(text) {
      const { rows } = await client.query(text)
      return Object.values(rows[0] ?? {})[0]
    },
    cut() {
      told = true
      destroyClient(client)
    },
    close() {
      told = true
      return client.end()
    },
  }
}

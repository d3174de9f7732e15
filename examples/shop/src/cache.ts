import { type Ref, type Resource, resource } from '@keelson/kernel'
import { Redis } from 'ioredis'

/** Texts by key, for a while. */
export interface Cache {
  get(key: string): Promise<string | null>
  set(key: string, text: string, seconds: number): Promise<unknown>
}

/**
 * Redis where there is one, else a map in memory. All replicas of the shop use the same Redis, and work without it: nobody waits for it
 * at the start, it is taken in when it comes, and its outage costs time and nothing else.
 */
export function productCache(redisUrl: string | undefined): Resource<Cache> {
  if (redisUrl === undefined) return resource('cache', { start: memoryCache })
  return resource('cache', {
    start: async (_deps, { defer, healthy, unhealthy }): Promise<Cache> => {
      const redis = new Redis(redisUrl, { lazyConnect: true, enableOfflineQueue: false, commandTimeout: 500 })
      defer(() => redis.disconnect())
      let why: unknown = new Error('the connection was closed')
      redis.on('error', (error) => {
        why = error
      })
      await redis.connect().catch(() => Promise.reject(why)) // its own error says only that it is closed
      redis.on('close', () => unhealthy(why)).on('ready', healthy) // it reconnects by itself
      return { get: (key) => redis.get(key), set: (key, text, seconds) => redis.set(key, text, 'EX', seconds) }
    },
    retry: true,
    shared: true,
  })
}

/** What `load` gives, kept for ten seconds; without a cache, and where that fails, it is loaded each time. */
export async function cached<T>(cache: Ref<Cache>, key: string, load: () => Promise<T>): Promise<T> {
  const { current } = cache
  const kept = await current?.get(key).catch(() => null)
  if (kept !== undefined && kept !== null) return JSON.parse(kept) as T
  const value = await load()
  await current?.set(key, JSON.stringify(value), 10).catch(() => {})
  return value
}

function memoryCache(): Cache {
  const kept = new Map<string, { readonly text: string; readonly until: number }>()
  return {
    get: async (key) => {
      const entry = kept.get(key)
      return entry !== undefined && entry.until > Date.now() ? entry.text : null
    },
    set: async (key, text, seconds) => kept.set(key, { text, until: Date.now() + seconds * 1_000 }),
  }
}

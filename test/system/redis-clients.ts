import { resource } from '@keelson/kernel'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createClient } from 'redis'
import { createClient as createClient4 } from 'redis4'

/**
 * The real clients, each with its defaults, as an application makes resources of them: one without a connection is not
 * waited for, or its stop would last until Redis is back.
 */
export const REDIS_CLIENTS = {
  'redis 6': (url: string) =>
    resource('redis', {
      start: async () => await createClient({ url }).on('error', ignore).connect(),
      stop: (client) => (client.isReady ? client.close() : client.destroy()),
      kill: (client) => client.destroy(),
    }),
  'redis 4': (url: string) =>
    resource('redis', {
      start: async () => await createClient4({ url }).on('error', ignore).connect(),
      stop: (client) => (client.isReady ? client.quit() : client.disconnect()),
      kill: (client) => client.disconnect(),
    }),
  'ioredis 6': (url: string) =>
    resource('redis', {
      start: async () => {
        const client = new Redis(url, { lazyConnect: true }).on('error', ignore)
        await client.connect()
        return client
      },
      stop: (client) => (client.status === 'ready' ? client.quit() : client.disconnect()),
      kill: (client) => client.disconnect(),
    }),
  'ioredis 5': (url: string) =>
    resource('redis', {
      start: async () => {
        const client = new Redis5(url, { lazyConnect: true }).on('error', ignore)
        await client.connect()
        return client
      },
      stop: (client) => (client.status === 'ready' ? client.quit() : client.disconnect()),
      kill: (client) => client.disconnect(),
    }),
}

/** Both clients connect again by themselves; what they cannot do meanwhile, they reject. */
function ignore(): void {}

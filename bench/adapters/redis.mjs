import { redis } from '@keelson/redis'
import { ioredis } from '@keelson/redis/ioredis'
import { redisServer } from '@keelson/test-servers'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

/** Both drivers with a small value. */
export default async function subjects() {
  const [one, two] = [await redisServer(), await redisServer()]
  const command = (client) => client.get('key')
  return [
    {
      name: 'redis() on node-redis 6',
      server: one,
      resource: redis('redis', { url: one.url }),
      bare: () =>
        createClient({ url: one.url })
          .on('error', () => {})
          .connect(),
      command,
      close: (client) => client.destroy(),
    },
    {
      name: 'ioredis() on ioredis 6',
      server: two,
      resource: ioredis('redis', { url: two.url }),
      bare: () => new Redis(two.url).on('error', () => {}),
      command,
      close: (client) => client.disconnect(),
    },
  ]
}

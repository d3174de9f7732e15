import type { ResourceLike } from '@keelson/kernel'
import { checkMs, invalidOption } from '../invalid-option.js'
import type { LeaderLock } from './lock.js'
import { LEASE, type LockOptions, resourceIn } from './pg-advisory-lock.js'

/** What is asked of a client of node-redis. */
export interface NodeRedisLike {
  sendCommand(args: string[]): PromiseLike<unknown>
}

/** What is asked of a client of ioredis. */
export interface IoRedisLike {
  call(command: string, ...args: string[]): PromiseLike<unknown>
}

export type RedisLike = NodeRedisLike | IoRedisLike

/** A try that was answered too late to be heard is the same holder's: the next one finds that it has the lock. */
const ACQUIRE = `local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return {0, holder} end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, tostring(redis.call('incr', KEYS[2]))}`

const RENEW = `if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])`

const RELEASE = `if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])`

/**
 * A lock in Redis: a key that its holder sets, renews and deletes only while it is its own, and that goes away by itself after the lease. The
 * token is counted beside it, in `{key}:token`, which must not be evicted or expire. It is as good as the memory of that one Redis:
 * where it is lost, as in a failover to a replica that has not seen the last write, two may lead until the first one renews; the token
 * tells them apart as long as it is not lost, too.
 *
 * @param redis The value of a resource, or the resource itself, which the leader depends on then: a client of node-redis or of ioredis.
 * @throws KeelsonError `INVALID_OPTION`.
 */
export function redisLock(
  redis: RedisLike | ResourceLike<RedisLike>,
  key: string,
  { lease = LEASE }: LockOptions = {},
): LeaderLock {
  checkMs('leader', 'lease', lease, 1)
  if (typeof key !== 'string' || key === '')
    throw invalidOption('leader', 'the key of redisLock()', 'is no name', "pass one such as 'shop jobs'")
  const on = resourceIn<RedisLike>(redis)
  // Both are in one slot of a cluster.
  const keys = [`{${key}}`, `{${key}}:token`]
  return {
    lease,
    ...(on !== undefined && { on }),
    async open(value, holder) {
      const call = callerOf(on === undefined ? redis : value)
      const run = (script: string, ...args: string[]) => call(['EVAL', script, '2', ...keys, holder, ...args])
      return {
        async acquire() {
          const [taken, what] = (await run(ACQUIRE, String(Math.round(lease)))) as [number, string | Uint8Array]
          return Number(taken) === 1 ? { taken: true, token: BigInt(String(what)) } : { taken: false, holder: String(what) }
        },
        renew: async () => Number(await run(RENEW, String(Math.round(lease)))) === 1,
        release: () => run(RELEASE),
        close() {},
      }
    },
  }
}

function callerOf(client: unknown): (args: string[]) => PromiseLike<unknown> {
  const { call, sendCommand } = (client ?? {}) as Partial<IoRedisLike & NodeRedisLike>
  if (typeof call === 'function') return ([command, ...args]) => call.call(client, command!, ...args)
  if (typeof sendCommand === 'function') return (args) => sendCommand.call(client, args)
  throw invalidOption(
    'leader',
    'redisLock(redis)',
    'is no client',
    'pass a client of node-redis or ioredis, or a resource of one',
  )
}

import { type Dependencies, KeelsonError, type ResourceOptions, type StartContext, type Values } from '@keelson/kernel'
import type { Limit } from './rate-limit.js'
import { isRedisLike, type RedisLike } from './redis-like.js'

/** The options of a limiter that are the kernel's; its hooks are this package's. */
type Lifecycle<D extends Dependencies<D>> = Omit<ResourceOptions<never, D>, 'start' | 'check' | 'drain' | 'stop' | 'kill'>

/** The options that say where a limiter counts. */
export interface Counting<D extends Dependencies<D>> extends Lifecycle<D> {
  /** Returns a client of `redis` or `ioredis` from the dependencies, so that all processes count together; default each process counts for itself. */
  redis?(deps: Values<D>, ctx: StartContext): RedisLike | PromiseLike<RedisLike>
  /** Milliseconds that Redis may take to answer; default 1_000. A slower answer is a failure, see `fallback`. */
  redisTimeout?: number
  /** `'memory'`: while Redis fails, this process counts for itself. Default: `consume` rejects while Redis fails. */
  fallback?: 'memory'
  /**
   * The prefix of the keys in Redis; default the name of the resource. Processes with the same prefix count together. Prefix and key
   * are joined by a colon: do not use both `a` and `a:b`, since the key `b:c` of one is the key `c` of the other.
   */
  prefix?: string
  /**
   * How many keys are counted in memory, for each limit; default 100_000, some 20 MB of them. One more takes the place of the one that
   * was idle for longest: of those with points left, as long as there is one.
   */
  maxKeys?: number
}

/** `Counting` at the start of a limiter, with its defaults. */
export interface CounterOptions {
  readonly prefix: string
  readonly redis: RedisLike | undefined
  readonly redisTimeout: number
  readonly fallback: boolean
  readonly maxKeys: number
}

/** @throws KeelsonError `INVALID_OPTION` when `redis` does not return a client. */
export async function countingOf<D extends Dependencies<D>>(
  name: string,
  { redis, redisTimeout = 1_000, fallback, prefix = name, maxKeys = 100_000 }: Counting<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<CounterOptions> {
  const client: unknown = await redis?.(deps, ctx)
  // Otherwise each process would silently count for itself.
  if (redis !== undefined && !isRedisLike(client)) throw invalid(name, 'redis', 'must give a client of redis or ioredis')
  return { prefix, redis: client as RedisLike | undefined, redisTimeout, fallback: fallback === 'memory', maxKeys }
}

/** @throws KeelsonError `INVALID_OPTION` unless options are an object. */
export function checkIsObject(name: string, options: unknown, example: string): void {
  if (typeof options !== 'object' || options === null) throw invalid(name, 'its options', `must be an object; pass ${example}`)
}

const HOOKS = ['start', 'check', 'drain', 'stop', 'kill']

/**
 * The kernel's options among those of a limiter, as property descriptors, so that a `dependsOn` getter is not read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among them, and for a bad option of `Counting`.
 */
export function lifecycleOf(name: string, options: object, own: readonly string[]): PropertyDescriptorMap {
  const { redis, redisTimeout, fallback, prefix, maxKeys } = options as Counting<Dependencies>
  if (redis !== undefined && typeof redis !== 'function') throw invalid(name, 'redis', 'must be a function of the dependencies')
  if (redisTimeout !== undefined && !(typeof redisTimeout === 'number' && redisTimeout > 0)) {
    throw invalid(name, 'redisTimeout', 'must be a number of milliseconds (Infinity for no limit)')
  }
  if (fallback !== undefined && fallback !== 'memory') throw invalid(name, 'fallback', "can only be 'memory'")
  for (const [option, value] of Object.entries({ redisTimeout, fallback })) {
    if (value !== undefined && redis === undefined) throw invalid(name, option, 'is for Redis, and there is none')
  }
  if (prefix !== undefined && typeof prefix !== 'string') throw invalid(name, 'prefix', 'must be a string')
  if (maxKeys !== undefined && !(Number.isSafeInteger(maxKeys) && maxKeys >= 1))
    throw invalid(name, 'maxKeys', 'must be a whole number, 1 or more')
  if (maxKeys !== undefined && redis !== undefined && fallback === undefined)
    throw invalid(name, 'maxKeys', "is for keys in memory, and they are in Redis; leave it out, or add fallback: 'memory'")
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  const hook = HOOKS.find((hook) => descriptors[hook] !== undefined)
  if (hook !== undefined) throw invalid(name, hook, 'cannot be given, it is made by this package')
  for (const key of [...own, 'redis', 'redisTimeout', 'fallback', 'prefix', 'maxKeys']) delete descriptors[key]
  return descriptors
}

/** The fields of a limit; any other is a typing mistake. */
const FIELDS = ['limit', 'window', 'block']

/** The longest delay of a timer in ms; a longer one fires at once, which would forget a key's count. */
const LONGEST = 2 ** 31 - 1

/** @throws KeelsonError `INVALID_OPTION` for a bad limit; what is allowed depends on where it is counted. */
export function checkLimit(
  name: string,
  option: string,
  limit: unknown,
  { redis, fallback }: { readonly redis?: unknown; readonly fallback?: unknown },
): asserts limit is Limit {
  const at = (field: string) => (option === '' ? field : `${option}.${field}`)
  const fields = limit as Partial<Limit> | null
  if (typeof fields !== 'object' || fields === null) throw invalid(name, option, 'must be { limit, window }')
  const unknown = option === '' ? undefined : Object.keys(fields).find((key) => !FIELDS.includes(key))
  if (unknown !== undefined) throw invalid(name, at(unknown), `is not an option; there are ${FIELDS.map(at).join(', ')}`)
  const inMemory = redis === undefined || fallback !== undefined
  const unit = redis
    ? 'a whole number of seconds in ms, such as 60_000: that is how Redis counts here'
    : 'a number of milliseconds'
  const times = inMemory ? `${unit}, at most 2_147_483_647 (24 days) in memory` : unit
  const isTime = (ms: unknown) =>
    typeof ms === 'number' && ms > 0 && ms < Infinity && !(redis && ms % 1_000 !== 0) && !(inMemory && ms > LONGEST)
  if (!Number.isInteger(fields.limit) || fields.limit! < 1) throw invalid(name, at('limit'), 'must be a whole number, 1 or more')
  if (!isTime(fields.window)) throw invalid(name, at('window'), `must be ${times}`)
  if (fields.block !== undefined && !isTime(fields.block)) throw invalid(name, at('block'), `must be ${times}`)
}

export function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, { resource: name, details: { option } })
}

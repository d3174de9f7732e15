/** What is asked of a client of `redis` (4 and later) or `ioredis`: the limiter's script is run by it. */
export type RedisLike = NodeRedisLike | IoRedisLike

export interface NodeRedisLike {
  readonly isReady: boolean
  /** For `block`. */
  multi(): unknown
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  del(key: string): Promise<unknown>
}

export interface IoRedisLike {
  readonly status: string
  /** For `block`. */
  multi(): unknown
  defineCommand(name: string, definition: { numberOfKeys?: number; lua: string }): void
  del(key: string): Promise<unknown>
}

export function isNodeRedis(client: RedisLike): client is NodeRedisLike {
  return !('defineCommand' in client)
}

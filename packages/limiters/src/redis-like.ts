/** The members of a client of `redis` (4 and later) or `ioredis` that are used, mostly to run the limiter's script. */
export type RedisLike = NodeRedisLike | IoRedisLike

export interface NodeRedisLike {
  readonly isReady: boolean
  /** Used for `block`. */
  multi(): unknown
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  del(key: string): Promise<unknown>
}

export interface IoRedisLike {
  readonly status: string
  /** Used for `block`. */
  multi(): unknown
  defineCommand(name: string, definition: { numberOfKeys?: number; lua: string }): void
  del(key: string): Promise<unknown>
}

export function isRedisLike(client: unknown): client is RedisLike {
  return typeof client === 'object' && client !== null && ('defineCommand' in client || 'isReady' in client)
}

export function isNodeRedis(client: RedisLike): client is NodeRedisLike {
  return !('defineCommand' in client)
}

export function isConnected(client: RedisLike): boolean {
  return isNodeRedis(client) ? client.isReady : client.status === 'ready'
}

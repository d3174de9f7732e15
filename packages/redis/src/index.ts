export type { DuplicateOptions } from './duplicate.js'
export { type RedisAdoptOptions, type RedisOptions, redis } from './node-redis.js'
export { duplicate } from './node-redis-duplicate.js'

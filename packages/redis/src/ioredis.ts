export type { DuplicateOptions } from './duplicate.js'
export { type IoredisAdoptOptions, type IoredisOptions, ioredis, ioredis as redis } from './ioredis-client.js'
export { duplicate } from './ioredis-duplicate.js'

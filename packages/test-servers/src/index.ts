export { freePort } from './free-port.js'
export { type PostgresServer, type PostgresServerOptions, postgresServer } from './postgres-server.js'
export { type RedisServer, type RedisServerOptions, redisServer } from './redis-server.js'
export type { TestServer } from './test-server.js'

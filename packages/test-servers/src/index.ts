export { freePort } from './free-port.js'
export { type RedisServer, type RedisServerOptions, redisServer } from './redis-server.js'

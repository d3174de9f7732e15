export { type FastifyServerOptions, fastifyServer } from './fastify-server.js'
export type { FastifyApp } from './listen-through.js'
export { type ProbeHost, type ProbePlugin, probes } from './probes.js'
export { type UnavailableHook, unavailable } from './unavailable.js'

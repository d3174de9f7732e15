export { type FastifyApp, type FastifyServerOptions, fastifyServer } from './fastify-server.js'
export { type ProbeHost, type ProbePlugin, probes } from './probes.js'
export { type UnavailableHook, unavailable } from './unavailable.js'

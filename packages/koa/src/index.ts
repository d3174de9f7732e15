export { type KoaApp, type KoaServerOptions, koaServer } from './koa-server.js'
export { type ProbeContext, type ProbeMiddleware, probes } from './probes.js'
export { type UnavailableMiddleware, unavailable } from './unavailable.js'

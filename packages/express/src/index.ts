export { type ExpressApp, type ExpressServerOptions, expressServer } from './express-server.js'
export { type ProbeMiddleware, probes } from './probes.js'
export { type UnavailableMiddleware, unavailable } from './unavailable.js'

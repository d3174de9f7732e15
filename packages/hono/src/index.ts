export { drainSignal, type NodeContext } from './drain-signal.js'
export { type FetchApp, type HonoServerOptions, honoServer, type WebSocketServerLike } from './hono-server.js'
export { type ProbeMiddleware, probes } from './probes.js'
export { type UnavailableMiddleware, unavailable } from './unavailable.js'

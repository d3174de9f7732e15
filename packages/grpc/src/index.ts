export { drainSignal } from './drain-signal.js'
export { type GrpcServer, grpcServer } from './grpc-server.js'
export type { GrpcDrainOptions, GrpcServerOptions } from './grpc-server-options.js'
export { type AnyHandler, type GrpcService, type HandlerOf, service } from './service.js'

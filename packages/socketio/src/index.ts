export type { GoodbyeOptions } from './goodbye-options.js'
export type { SocketIoLike } from './io-like.js'
export { socketIo } from './socket-io.js'
export type { SocketIoOptions } from './socket-io-options.js'

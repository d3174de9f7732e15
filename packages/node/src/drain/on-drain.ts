import type { Duplex } from 'node:stream'
import { connectionOf, type HttpSocket } from '../connections/connection.js'
import type { Goodbye } from './goodbyes.js'

export type DrainHook = (goodbye: Goodbye) => unknown

const hooks = new WeakMap<Duplex, DrainHook>()

/**
 * Sets what an upgraded socket gets as its goodbye when its server drains: `hook` is called once, with the time after which the peer
 * should connect again, and the peer then has `upgradeTimeout` ms to close. The sockets of a server have their turn one after the other
 * (`spread`). Called at once when the server is draining already. Without a hook a WebSocket gets a bare
 * close frame 1012 (service restart), any other protocol only the time. An error of the hook makes `drain()` reject.
 */
export function onDrain(socket: Duplex, hook: DrainHook): void {
  hooks.set(socket, hook)
  const connection = connectionOf(socket as HttpSocket)
  if (connection?.owner.draining && connection.upgrade) connection.owner.dismiss(connection)
}

export function drainHook(socket: Duplex): DrainHook | undefined {
  return hooks.get(socket)
}

import type { Duplex } from 'node:stream'
import { connectionOf, type HttpSocket } from '../connections/connection.js'

const hooks = new WeakMap<Duplex, () => unknown>()

/**
 * Sets what an upgraded socket gets as its goodbye when its server drains: `hook` is called once, and the peer then has
 * `upgradeTimeout` ms to close. Called at once when the server is draining already. Without a hook a WebSocket gets a bare
 * close frame 1012 (service restart), any other protocol only the time. An error of the hook makes `drain()` reject.
 */
export function onDrain(socket: Duplex, hook: () => unknown): void {
  hooks.set(socket, hook)
  const connection = connectionOf(socket as HttpSocket)
  if (connection?.owner.draining && connection.upgrade) connection.owner.dismiss(connection)
}

export function drainHook(socket: Duplex): (() => unknown) | undefined {
  return hooks.get(socket)
}

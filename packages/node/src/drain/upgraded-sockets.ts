import type { Connection } from '../connections/connection.js'
import type { Goodbye } from './goodbyes.js'
import { drainHook } from './on-drain.js'

/** An unmasked WebSocket close frame with status 1012, "service restart". */
const CLOSE_1012 = Buffer.from([0x88, 0x02, 0x03, 0xf4])

/**
 * Says goodbye to an upgraded connection: its hook, or the close frame where the protocol is known to be WebSocket. False while
 * the application has not answered the upgrade request yet: a frame before the 101 would be garbage.
 */
export function dismissUpgraded({ socket, upgrade }: Connection, goodbye: Goodbye, onError: (error: unknown) => void): boolean {
  if (!upgrade) return false
  const hook = drainHook(socket) ?? drainHook(upgrade.stream)
  if (hook) {
    try {
      Promise.resolve(hook(goodbye)).catch(onError)
    } catch (error) {
      onError(error)
    }
    return true
  }
  if (socket.bytesWritten <= upgrade.bytesWritten) return false
  if (upgrade.request.headers.upgrade?.toLowerCase() === 'websocket' && socket.writable) socket.write(CLOSE_1012)
  return true
}

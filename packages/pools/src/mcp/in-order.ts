import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js'

/**
 * Makes a connected transport deliver what arrives in one piece in its order. The SDK takes answers at once but notifications a
 * turn later, when the progress of a call that was answered meanwhile belongs to nothing.
 */
export function deliverInOrder(transport: Transport): void {
  const deliver = transport.onmessage
  const waiting: [JSONRPCMessage, MessageExtraInfo | undefined][] = []
  let delivering = false
  const deliverAll = async () => {
    delivering = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [message, extra] = next
      try {
        deliver?.(message, extra)
      } catch (error) {
        transport.onerror?.(error as Error)
      }
      if (isNotification(message)) await undefined
    }
    delivering = false
  }
  transport.onmessage = (message: JSONRPCMessage, extra?: MessageExtraInfo) => {
    waiting.push([message, extra])
    if (!delivering) void deliverAll()
  }
}

function isNotification(message: JSONRPCMessage): boolean {
  return 'method' in message && !('id' in message)
}

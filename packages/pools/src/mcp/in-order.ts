import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js'

/**
 * Makes a connected transport deliver messages that arrive together in their order. The SDK handles a response at once but a
 * notification a turn later, so that progress would arrive after the response of its call and be dropped.
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

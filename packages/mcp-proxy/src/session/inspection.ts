import type { KernelView } from '@keelson/kernel'
import type { ReadResourceResult } from '@modelcontextprotocol/sdk/types.js'

/** What the kernel shows of itself, as a resource of MCP's. */
export const INSPECT = {
  uri: 'keelson://inspect',
  name: 'inspect',
  title: 'State of the proxy',
  description: 'Every server and what serves them: state, health, restarts, why it failed, and how long it took to start.',
  mimeType: 'application/json',
}

export function inspection(kernel: KernelView): ReadResourceResult {
  const { uri, mimeType } = INSPECT
  return { contents: [{ uri, mimeType, text: JSON.stringify(kernel.inspect(), null, 2) }] }
}

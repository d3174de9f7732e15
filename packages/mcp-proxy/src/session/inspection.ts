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

/** All that the client may know: what other clients have for themselves is not for it. */
export function inspection(kernel: KernelView, mayKnow: (resource: string) => boolean): ReadResourceResult {
  const { uri, mimeType } = INSPECT
  const { resources, probe, ...all } = kernel.inspect()
  const known = {
    ...all,
    probe: { ...probe, reasons: probe.reasons.filter(({ resource }) => mayKnow(resource)) },
    resources: resources.filter(({ name }) => mayKnow(name)),
  }
  return { contents: [{ uri, mimeType, text: JSON.stringify(known, null, 2) }] }
}

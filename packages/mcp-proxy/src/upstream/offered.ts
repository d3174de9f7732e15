import { allTools, type ToolLimits } from '@keelson/pools'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import type { ToolFilter } from '../config/tool-filter.js'
import { type Listing, listed } from './listing.js'

/** Kinds of what a server may offer. */
export type OfferKind = 'tools' | 'resources' | 'prompts'

export interface OfferedOptions extends ToolLimits {
  /** Who is named in errors. */
  readonly server: string
  readonly passes: ToolFilter
  readonly signal?: AbortSignal
}

/**
 * Everything of these kinds that a server offers and may; none of what it says that it has not.
 *
 * @throws KeelsonError `CRASHED` when it lists more than its entry allows.
 */
export async function offered(client: Client, kinds: Iterable<OfferKind>, options: OfferedOptions): Promise<Partial<Listing>> {
  const capabilities = client.getServerCapabilities() ?? {}
  const parts = Array.from(kinds, async (kind): Promise<Partial<Listing>> => {
    if (kind === 'tools') return { tools: capabilities.tools === undefined ? [] : await tools(client, options) }
    if (capabilities[kind] === undefined) return {}
    if (kind === 'prompts') return { prompts: await listed(client, 'prompts', options) }
    const resources = await listed(client, 'resources', options)
    return { resources, resourceTemplates: await listed(client, 'resourceTemplates', options) }
  })
  return Object.assign({}, ...(await Promise.all(parts)))
}

/** But those that can only be called as tasks: the proxy has none. */
async function tools(client: Client, options: OfferedOptions): Promise<Tool[]> {
  const all = await allTools(client, options)
  return all.filter(({ name, execution }) => options.passes(name) && execution?.taskSupport !== 'required')
}

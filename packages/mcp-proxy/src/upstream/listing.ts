import type { ToolLimits } from '@keelson/pools'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Prompt, Resource, ResourceTemplate, Tool } from '@modelcontextprotocol/sdk/types.js'
import { ErrorCode, McpError, ResultSchema } from '@modelcontextprotocol/sdk/types.js'

/** What a server offers, under its own names. */
export interface Listing {
  readonly tools: readonly Tool[]
  readonly resources: readonly Resource[]
  readonly resourceTemplates: readonly ResourceTemplate[]
  readonly prompts: readonly Prompt[]
}

export const NOTHING: Listing = { tools: [], resources: [], resourceTemplates: [], prompts: [] }

const METHODS = {
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
  prompts: 'prompts/list',
} as const

/** Those that tools have by default, in @keelson/pools. */
const DEFAULTS = { maxPages: 100, maxTools: 1_000, maxListSize: 10 * 1024 * 1024 }

/**
 * All resources, templates or prompts of a server, page by page; none where it does not know the method. The limits are those of tools.
 *
 * @throws Error that names the server and the limit that it went over; errors of the client.
 */
export async function listed<K extends keyof typeof METHODS>(
  client: Client,
  kind: K,
  limits: ToolLimits & { server: string; signal?: AbortSignal },
): Promise<Listing[K]> {
  const { server, signal } = limits
  const { maxPages, maxTools, maxListSize } = { ...DEFAULTS, ...limits }
  const tooMany = (what: string, option: string) =>
    new Error(`server "${server}" lists ${what}; raise ${option} if it may, or do without it`)
  const items: unknown[] = []
  let size = 0
  let cursor: unknown
  for (let pages = 0; pages < maxPages; pages++) {
    const request = { method: METHODS[kind], params: cursor === undefined ? {} : { cursor } }
    const page = await client.request(request, ResultSchema, signal && { signal }).catch((error: unknown) => {
      if (error instanceof McpError && error.code === ErrorCode.MethodNotFound) return {}
      throw error
    })
    const { [kind]: some, nextCursor } = page as Record<string, unknown>
    for (const item of Array.isArray(some) ? some : []) items.push(item)
    if (items.length > maxTools) throw tooMany(`more than ${maxTools} ${kind}`, 'maxTools')
    size += JSON.stringify(page).length
    if (size > maxListSize) throw tooMany(`${kind} of more than ${maxListSize} characters`, 'maxListSize')
    cursor = nextCursor
    if (cursor === undefined) return items as unknown as Listing[K]
  }
  throw tooMany(`${kind} on more than ${maxPages} pages`, 'maxPages')
}

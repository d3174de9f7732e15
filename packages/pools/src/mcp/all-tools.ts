import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import { tooManyTools } from '../errors.js'
import { check } from '../pool/option-checks.js'

/** How much a server may list, `Infinity` is no limit. */
export interface ToolLimits {
  /** Default 100. */
  maxPages?: number
  /** On all pages together; default 1_000. */
  maxTools?: number
  /** Characters of JSON on all pages together; default 10 MiB (10_485_760). */
  maxListSize?: number
}

export interface AllToolsOptions extends ToolLimits {
  /** Who is named in errors. */
  server: string
  /** Ends the listing. */
  signal?: AbortSignal
}

const DEFAULTS = { maxPages: 100, maxTools: 1_000, maxListSize: 10 * 1024 * 1024 } as const
const LIMITS = ['maxPages', 'maxTools', 'maxListSize'] as const

/** @throws KeelsonError `INVALID_OPTION` for a limit that is neither a whole number, 1 or more, nor `Infinity`. */
export function checkToolLimits(name: string, limits: ToolLimits): void {
  for (const key of LIMITS) {
    const value = limits[key]
    const ok = value === undefined || value === Infinity || (Number.isInteger(value) && value >= 1)
    check(name, key, ok, 'a whole number, 1 or more, or Infinity')
  }
}

/**
 * All tools of a server, page by page: `client.listTools()` asks for one. A server whose list has no end, or is larger than it may be,
 * is given up with an error instead of filling the memory.
 *
 * @throws KeelsonError `CRASHED` that names the server and the limit that it went over; `INVALID_OPTION`; errors of the client.
 *
 * @example
 * const tools = await servers.use('files', (client) => allTools(client, { server: 'files' }))
 */
export async function allTools(client: Pick<Client, 'listTools'>, options: AllToolsOptions): Promise<Tool[]> {
  const { server, signal } = options
  checkToolLimits(server, options)
  const { maxPages, maxTools, maxListSize } = { ...DEFAULTS, ...defined(options) }
  const tools: Tool[] = []
  let size = 0
  let cursor: string | undefined
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await client.listTools(cursor === undefined ? {} : { cursor }, signal && { signal })
    if (tools.length + page.tools.length > maxTools) throw tooManyTools(server, 'maxTools', `more than ${maxTools} tools`)
    size += JSON.stringify(page).length
    if (size > maxListSize) throw tooManyTools(server, 'maxListSize', `tools of more than ${maxListSize} characters`)
    for (const tool of page.tools) tools.push(tool)
    cursor = page.nextCursor
    if (cursor === undefined) return tools
  }
  throw tooManyTools(server, 'maxPages', `tools on more than ${maxPages} pages`)
}

function defined(limits: ToolLimits): ToolLimits {
  return Object.fromEntries(LIMITS.flatMap((key) => (limits[key] === undefined ? [] : [[key, limits[key]]])))
}

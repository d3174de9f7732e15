import type { Limit } from '@keelson/limiters'
import type { McpLimits, ServerConfig, ToolLimits } from '@keelson/pools'
import { check, checkMs, isObject } from './checks.js'
import { type Isolation, isolationOf } from './isolation.js'
import { filledIn, readJsonFile } from './json-file.js'
import { type ToolRules, toolFilter } from './tool-filter.js'

/** How many calls a server gets in which time. */
export interface CallRate extends Limit {
  /** How long a call may wait for its turn when it is over the limit, in ms; default 0: it is refused. */
  readonly wait: number
}

/** How long things may take, in ms. */
export interface ServerTimeouts {
  /** Until it has answered `initialize`; default 30_000. */
  readonly start?: number
  /** One call, its wait at the limit not counted; default: until the client gives up. */
  readonly call?: number
}

/** One server that is proxied, as its entry in `mcpServers` says. */
export interface ServerEntry {
  readonly config: ServerConfig
  readonly limit: CallRate
  readonly timeouts: ServerTimeouts
  readonly rules: ToolRules
  /** How long its messages may be. */
  readonly messages: McpLimits
  /** How many tools it may list. */
  readonly tools: ToolLimits
  /** Given when every client has a session with it that is its own. */
  readonly isolation?: Isolation
}

const DEFAULT_LIMIT: Limit = { limit: 100, window: 1_000 }

/** With the tool's name behind it, a name has to be one that all models take; `__` is what separates the two. */
const NAME = /^[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*$/

/**
 * Reads the format that MCP clients share: `{ "mcpServers": { "<name>": { "command" … } or { "url" … } } }`. `${NAME}` in a string
 * stands for a variable of the environment, so that secrets can stay out of the file. An entry with `"disabled": true` is left out.
 *
 * @throws Error that names the file, the server and what to do.
 */
export async function readServers(file: string, env: NodeJS.ProcessEnv): Promise<Map<string, ServerEntry>> {
  const { mcpServers } = await readJsonFile(file)
  if (!isObject(mcpServers)) throw new Error(`${file}: "mcpServers" is missing; put your servers into it, by name`)
  const servers = new Map<string, ServerEntry>()
  for (const [name, written] of Object.entries(mcpServers)) {
    if (!NAME.test(name)) {
      throw new Error(`${file}: "${name}" is no name for a server; use letters, digits, - and single _ between them`)
    }
    const where = `${file}: server "${name}"`
    if (!isObject(written)) throw new Error(`${where} must be an object with a command or a url`)
    if (![true, false, undefined].includes(written.disabled as boolean | undefined)) {
      throw new Error(`${where}: disabled must be true or false, without quotes`)
    }
    if (written.disabled === true) continue
    const { limit = DEFAULT_LIMIT, timeouts = {}, allow, deny, disabled, ...rest } = filledIn(written, env, where)
    const { maxMessageSize, maxPages, maxTools, maxListSize, isolated, maxSessions, idle, ...config } = rest
    if (!isObject(limit)) throw new Error(`${where}: limit must be an object such as { "limit": 5, "window": 1000 }`)
    checkMs(where, 'limit.wait', limit.wait, 0)
    checkTimeouts(where, timeouts)
    const rules = given({ allow, deny })
    toolFilter(where, rules)
    const isolation = isolationOf(where, { isolated, maxSessions, idle })
    servers.set(name, {
      config: config as unknown as ServerConfig,
      limit: { wait: 0, ...limit } as unknown as CallRate,
      timeouts: timeouts as ServerTimeouts,
      rules,
      messages: given({ maxMessageSize }),
      tools: given({ maxPages, maxTools, maxListSize }),
      ...(isolation && { isolation }),
    })
  }
  return servers
}

/** What the file says, to be checked by whom it is for. */
function given(fields: Readonly<Record<string, unknown>>): Record<string, never> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, never>
}

function checkTimeouts(where: string, timeouts: unknown): void {
  const example = 'an object such as { "start": 30000, "call": 60000 }'
  check(where, 'timeouts', isObject(timeouts) && Object.keys(timeouts).every((key) => ['start', 'call'].includes(key)), example)
  const { start, call } = timeouts as Record<string, unknown>
  checkMs(where, 'timeouts.start', start, 1)
  checkMs(where, 'timeouts.call', call, 1)
}

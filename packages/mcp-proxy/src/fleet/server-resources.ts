import { type KernelView, type Resource, resource } from '@keelson/kernel'
import { type RateLimiter, rateLimiter } from '@keelson/limiters'
import { checkToolLimits, mcpServer, serverSecrets } from '@keelson/pools'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Audience, ListKind } from '../catalog/audience.js'
import type { Catalog } from '../catalog/catalog.js'
import type { ServerEntry } from '../config/servers-file.js'
import { uriFor } from '../upstream/names.js'
import { ServerVoice } from '../upstream/server-voice.js'
import { Upstream } from '../upstream/upstream.js'

/** What all servers share. */
export interface Surroundings {
  readonly catalog: Resource<Catalog>
  readonly audience: Audience
  /** Servers start after it. */
  readonly arrival: Resource<unknown>
}

/** What one server is in the graph. */
export interface ServerResources {
  /** The session with it, and its process where it is one. */
  readonly server: Resource<Client>
  readonly limiter: Resource<RateLimiter>
  /** Its tools in the catalog; depends on the other two. */
  readonly tools: Resource<unknown>
}

/** How long calls may take that are in flight when their server is taken away while the proxy goes on, in ms. */
const PATIENCE = 14_000
/** Of the time that a shutdown leaves for calls in flight, what is kept for telling clients that theirs took too long, in ms. */
const LAST_WORDS = 1_000
const LONGEST_TIMER = 2 ** 31 - 1

/** A server that fails, or cannot be started, is missing, and the others go on; it is tried again after 0.2 s, 0.4 s, … 30 s, for ever. */
const SUPERVISED = {
  impact: 'degraded',
  retry: { delay: 200, maxDelay: 30_000 },
  restart: { attempts: Infinity, within: 300_000, delay: 200, maxDelay: 30_000 },
} as const

/**
 * The resources of one server: when it dies, its tools are away with it and come back with the new instance, which is asked anew
 * what it has.
 *
 * @throws KeelsonError `INVALID_OPTION` for an entry that no server can be reached by, or whose limit is none.
 */
export function serverResources(name: string, entry: ServerEntry, { catalog, audience, arrival }: Surroundings): ServerResources {
  const { config } = entry
  checkToolLimits(name, entry.tools)
  const secrets = serverSecrets(config)
  const voice = new ServerVoice(name, secrets)
  const server = mcpServer(name, {
    ...SUPERVISED,
    ...entry.messages,
    dependsOn: { arrival },
    server: 'command' in config ? { ...config, onStderr: (chunk) => voice.hear(chunk) } : config,
    client: {
      // Asked for at each start of it.
      get capabilities() {
        return audience.capabilities
      },
    },
    grace: 3_000,
    timeouts: { start: entry.timeouts.start ?? 30_000, stop: 4_000 },
    // It may be too busy to answer a ping; what is silent for a minute is taken for dead.
    monitor: { interval: 15_000, failureThreshold: 4 },
  })
  const { wait, ...limit } = entry.limit
  const limiter = rateLimiter(`${name}:limit`, { ...limit, impact: 'degraded' })
  const tools = resource(`${name}:tools`, {
    ...SUPERVISED,
    dependsOn: { client: server, limiter, catalog },
    start: async ({ client, limiter, catalog }, { kernel, signal, crashed }) => {
      const upstream = new Upstream({ name, entry, secrets, client, limiter, kernel })
      let listed = upstream.list(['tools', 'resources', 'prompts'], signal).then((listing) => catalog.offer(upstream, listing))
      let isDue = false
      const due = new Set<ListKind>()
      upstream.listen({
        changed: (kind) => {
          due.add(kind)
          // It is asked once for all that has changed until then, and not before it has answered.
          if (isDue) return
          isDue = true
          listed = listed.then(async () => {
            isDue = false
            const kinds = [...due]
            due.clear()
            catalog.update(upstream, await upstream.list(kinds))
          })
          listed.catch((error: Error) => crashed(error))
        },
        updated: (uri) => audience.updated(uriFor(name, uri)),
        logged: (params) => audience.logged(name, params),
        onlyClient: () => audience.only,
      })
      await listed
      await wishesPassedOn(upstream, audience)
      return { upstream, catalog, kernel }
    },
    drain: async ({ upstream, catalog, kernel }, { deadline }) => {
      // What takes longer is answered with an error, as long as there is a front to pass it on.
      const patience = setTimeout(() => upstream.close(), patienceUntil(deadline, kernel))
      // A front came before it and ends by itself: until it has, it passes calls on.
      if (kernel.state !== 'running') await catalog.unserved()
      catalog.withdraw(upstream)
      if (upstream.failing) upstream.close()
      await upstream.settled()
      clearTimeout(patience)
    },
    stop: ({ upstream, catalog }) => {
      catalog.withdraw(upstream)
      upstream.close()
    },
    timeouts: { drain: Infinity, stop: 1_000 },
  })
  return { server, limiter, tools }
}

/** D3: in a shutdown calls in flight get what the budget leaves. */
function patienceUntil(deadline: number, { state }: KernelView): number {
  const left = deadline - Date.now()
  const calls = Math.max(left - LAST_WORDS, left / 2)
  return Math.min(state === 'running' ? Math.min(calls, PATIENCE) : calls, LONGEST_TIMER)
}

/** What clients wanted of the instance before, this one has to be told; what it refuses is not its reason to fail. */
async function wishesPassedOn(upstream: Upstream, audience: Audience): Promise<void> {
  const { level, uris } = audience.wishesOf(upstream)
  const wishes = uris.map((uri) => upstream.ask('resources/subscribe', { uri }))
  if (level !== undefined && upstream.capabilities.logging) wishes.push(upstream.ask('logging/setLevel', { level }))
  await Promise.allSettled(wishes)
}

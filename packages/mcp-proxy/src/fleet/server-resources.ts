import { type Kernel, type KernelView, type Resource, type ResourceLike, resource } from '@keelson/kernel'
import { type RateLimiter, rateLimiter } from '@keelson/limiters'
import { checkToolLimits, mcpServer, serverSecrets } from '@keelson/pools'
import type { Audience, ListKind } from '../catalog/audience.js'
import type { Catalog } from '../catalog/catalog.js'
import type { OwnSide } from '../catalog/isolated-server.js'
import type { Offers } from '../catalog/offers.js'
import type { Isolation } from '../config/isolation.js'
import type { ServerEntry } from '../config/servers-file.js'
import { CallMeter } from '../upstream/call-meter.js'
import { CallTelemetry } from '../upstream/call-telemetry.js'
import { uriFor } from '../upstream/names.js'
import { ServerVoice } from '../upstream/server-voice.js'
import { Upstream } from '../upstream/upstream.js'
import { IsolatedSessions } from './isolated-sessions.js'

/** What all servers share. */
export interface Surroundings {
  readonly catalog: Resource<Catalog>
  readonly audience: Audience
  /** Servers start after it. */
  readonly arrival: Resource<unknown>
  /** For servers of which each client has a session of its own: these come and go while it runs. */
  kernel(): Kernel
}

/** What one server is in the graph. */
export interface ServerResources {
  /** The session with it, and its process where it is one. */
  readonly server: ResourceLike
  readonly limiter: Resource<RateLimiter>
  /** Its tools in the catalog; depends on the other two. */
  readonly tools: Resource<unknown>
  readonly meter: CallMeter
}

/** For whom a session is: for all clients, or one. */
interface Circle {
  /** What it is called in the kernel. */
  readonly resource: string
  /** The limit of its server, which all its sessions share. */
  readonly limiter: Resource<RateLimiter>
  readonly meter: CallMeter
  readonly telemetry: CallTelemetry
  readonly audience: Audience
  /** Where it offers what it has, if not in the catalog. */
  readonly offers: Offers | undefined
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
 * what it has. Of one that is isolated `server` and `tools` are what begins the sessions of its clients.
 *
 * @throws KeelsonError `INVALID_OPTION` for an entry that no server can be reached by, or whose limit is none.
 */
export function serverResources(name: string, entry: ServerEntry, surroundings: Surroundings): ServerResources {
  const { wait, ...limit } = entry.limit
  const limiter = rateLimiter(`${name}:limit`, { ...limit, impact: 'degraded' })
  const meter = new CallMeter()
  const telemetry = new CallTelemetry(name)
  const all = { resource: name, limiter, meter, telemetry, audience: surroundings.audience, offers: undefined }
  // Also where it is isolated: what cannot be meant is said when the file is read.
  const session = sessionResources(name, entry, surroundings, all)
  if (entry.isolation === undefined) return { ...session, limiter, meter }
  const begun = isolatedServer(name, entry, entry.isolation, surroundings, { limiter, meter, telemetry })
  return { server: begun, limiter, meter, tools: begun }
}

/** Begins the sessions of clients with a server that is isolated. They hold the limiter, which is not taken away without them. */
function isolatedServer(
  name: string,
  entry: ServerEntry,
  isolation: Isolation,
  surroundings: Surroundings,
  shared: Pick<Circle, 'limiter' | 'meter' | 'telemetry'>,
): Resource<unknown> {
  return resource(name, {
    dependsOn: { limiter: shared.limiter, catalog: surroundings.catalog },
    start: ({ catalog }, { clock, counters, defer, kernel }) => {
      const session = (resource: string, { audience, offers }: OwnSide) =>
        sessionResources(name, entry, surroundings, { ...shared, resource, audience, offers }).tools
      const sessions = new IsolatedSessions({ ...isolation, server: name, clock, kernel: surroundings.kernel, session })
      counters(() => sessions.counts)
      catalog.isolate(name, sessions)
      defer(() => {
        sessions.stop()
        catalog.forget(name)
      })
      return { catalog, kernel, ...shared.telemetry.offer }
    },
    // Calls in sessions that have begun go on as long as a front passes them on.
    drain: ({ catalog, kernel }) => (kernel.state === 'running' ? undefined : catalog.unserved()),
    timeouts: { drain: Infinity },
    impact: 'degraded',
  })
}

/** A session with a server, and what the server has in it. */
function sessionResources(
  name: string,
  entry: ServerEntry,
  { catalog, arrival }: Surroundings,
  { resource: own, limiter, meter, telemetry, audience, offers }: Circle,
): Pick<ServerResources, 'server' | 'tools'> {
  const { config } = entry
  checkToolLimits(name, entry.tools)
  const secrets = serverSecrets(config)
  const voice = new ServerVoice(name, secrets)
  const server = mcpServer(own, {
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
  const tools = resource(`${own}:tools`, {
    ...SUPERVISED,
    dependsOn: { client: server, limiter, catalog },
    start: async ({ client, limiter, catalog }, { kernel, signal, crashed }) => {
      const shown = offers ?? catalog
      const upstream = new Upstream({ name, resource: own, entry, secrets, client, limiter, meter, telemetry, kernel })
      let listed = upstream.list(['tools', 'resources', 'prompts'], signal).then((listing) => shown.offer(upstream, listing))
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
            shown.update(upstream, await upstream.list(kinds))
          })
          listed.catch((error: Error) => crashed(error))
        },
        updated: (uri) => audience.updated(uriFor(name, uri)),
        logged: (params) => audience.logged(name, params),
        onlyClient: () => audience.only,
      })
      await listed
      await wishesPassedOn(upstream, audience)
      // Of sessions of single clients, their server does.
      return { upstream, shown, catalog, kernel, ...(offers === undefined && telemetry.offer) }
    },
    drain: async ({ upstream, shown, catalog, kernel }, { deadline }) => {
      // What takes longer is answered with an error, as long as there is a front to pass it on.
      const patience = setTimeout(() => upstream.close(), patienceUntil(deadline, kernel))
      // A front came before it and ends by itself: until it has, it passes calls on.
      if (kernel.state !== 'running') await catalog.unserved()
      shown.withdraw(upstream)
      if (upstream.failing) upstream.close()
      await upstream.settled()
      clearTimeout(patience)
    },
    stop: ({ upstream, shown }) => {
      shown.withdraw(upstream)
      upstream.close()
    },
    timeouts: { drain: Infinity, stop: 1_000 },
  })
  return { server, tools }
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

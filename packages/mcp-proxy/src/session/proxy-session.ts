import { setImmediate } from 'node:timers/promises'
import type { KernelView } from '@keelson/kernel'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  InitializeRequestSchema,
  LATEST_PROTOCOL_VERSION,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type Progress,
  ReadResourceRequestSchema,
  RootsListChangedNotificationSchema,
  type ServerNotification,
  type ServerRequest,
  type ServerResult,
  SetLevelRequestSchema,
  SUPPORTED_PROTOCOL_VERSIONS,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { unknownPrompt, unknownResource, unknownTool } from '../call-error.js'
import type { Audience } from '../catalog/audience.js'
import type { Catalog } from '../catalog/catalog.js'
import { OwnServers } from '../catalog/own-servers.js'
import { CallEnd } from '../upstream/call-end.js'
import type { Listing } from '../upstream/listing.js'
import { type Origin, originOfName, originOfUri } from '../upstream/names.js'
import type { Upstream } from '../upstream/upstream.js'
import { Connected } from './connected.js'
import { INSPECT, inspection } from './inspection.js'
import { page } from './page.js'
import { SessionServer } from './session-server.js'
import { ToolCalls } from './tool-calls.js'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>
type Params = Readonly<Record<string, unknown>> & { _meta?: Record<string, unknown> | undefined }

const INFO = { name: 'keelson-mcp-proxy', version: '1.0.0' }
const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
}

/** The proxy as one client sees it: an MCP server that is to be connected to that client's transport. */
export function proxySession(catalog: Catalog, audience: Audience, kernel: KernelView): SessionServer {
  const session = new SessionServer(INFO, { capabilities: CAPABILITIES })
  const client = new Connected(session)
  let own = new OwnServers(catalog, kernel, client)
  /** Everything of this kind that the client may use. */
  const listed = async <K extends keyof Listing>(kind: K): Promise<Listing[K][number][]> => {
    await catalog.started
    await own.opened()
    return [...catalog.listing[kind], ...own.offers.listing[kind]]
  }
  const upstreams = () => [...catalog.upstreams, ...own.offers.upstreams]
  /** Where it says what it wants to hear of the server that has this resource. */
  const audienceOf = (uri: string) => (catalog.isolated.has(originOfUri(uri)?.server ?? '') ? own.audience : audience)
  const find = async (origin: Origin | undefined, unknown: () => Error): Promise<[Upstream, string]> => {
    if (origin === undefined) throw unknown()
    const { server } = origin
    const upstream = catalog.isolated.has(server) ? await own.find(server) : await catalog.find(server, unknown)
    return [upstream, origin.own]
  }
  /** Passes on a request that is work of a server. */
  const pass = async (upstream: Upstream, method: string, params: Params, extra: Extra): Promise<ServerResult> => {
    const { progressToken, ..._meta } = params._meta ?? {}
    const call = { method, params: { ...params, ...(params._meta && { _meta }) }, caller: client.callerFor(extra.sendRequest) }
    const end = new CallEnd()
    extra.signal.addEventListener('abort', () => end.end(extra.signal.reason), { once: true })
    if (extra.signal.aborted) end.end(extra.signal.reason)
    if (progressToken === undefined) return upstream.call(call, end)
    const onprogress = (progress: Progress) => {
      const news = { method: 'notifications/progress' as const, params: { ...progress, progressToken: progressToken as string } }
      // To a client that has gone there is nothing to tell.
      extra.sendNotification(news).catch(() => {})
    }
    // A turn later: clients made with the SDK lose progress that comes in one piece with the answer.
    return upstream.call({ ...call, onprogress }, end).finally(() => setImmediate())
  }

  session.setRequestHandler(InitializeRequestSchema, async ({ params: { protocolVersion, capabilities } }) => {
    session.onclose?.() // it may say so twice
    client.capabilities = capabilities
    const leave = audience.join(client)
    own = new OwnServers(catalog, kernel, client)
    session.onclose = () => {
      own.end()
      const unwanted = leave()
      for (const uri of unwanted) void unsubscribe(uri).catch(() => {})
    }
    // What servers say of themselves is part of the answer.
    await catalog.started
    const { instructions } = catalog
    const version = SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion) ? protocolVersion : LATEST_PROTOCOL_VERSION
    return { protocolVersion: version, capabilities: CAPABILITIES, serverInfo: INFO, ...(instructions && { instructions }) }
  })
  const tellRoots = () => {
    for (const upstream of upstreams()) upstream.rootsChanged()
  }
  session.oninitialized = () => {
    client.isReady = true
    if (client.capabilities.roots !== undefined) tellRoots()
  }
  session.setNotificationHandler(RootsListChangedNotificationSchema, tellRoots)

  session.setRequestHandler(ListToolsRequestSchema, async ({ params }) => {
    const { items: tools, ...more } = page(await listed('tools'), params?.cursor)
    return { tools, ...more }
  })
  const findTool = (name: string) => find(originOfName(name), () => unknownTool(name))
  session.toolCalls = new ToolCalls({
    find: findTool,
    callerFor: (relatedRequestId, opened) =>
      client.callerFor(async (request, schema, options) => {
        await opened()
        return session.request(request, schema, { ...options, relatedRequestId })
      }),
  })
  // What is no plain call; it is answered with what is wrong with it.
  session.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const [upstream, name] = await findTool(params.name)
    return pass(upstream, 'tools/call', { ...params, name }, extra)
  })

  session.setRequestHandler(ListResourcesRequestSchema, async ({ params }) => {
    const { items: resources, ...more } = page([INSPECT, ...(await listed('resources'))], params?.cursor)
    return { resources, ...more }
  })
  session.setRequestHandler(ListResourceTemplatesRequestSchema, async ({ params }) => {
    const { items: resourceTemplates, ...more } = page(await listed('resourceTemplates'), params?.cursor)
    return { resourceTemplates, ...more }
  })
  session.setRequestHandler(ReadResourceRequestSchema, async ({ params }, extra) => {
    if (params.uri === INSPECT.uri) return inspection(kernel, (resource) => own.mayKnow(resource))
    const [upstream, uri] = await find(originOfUri(params.uri), () => unknownResource(params.uri))
    return pass(upstream, 'resources/read', { ...params, uri }, extra)
  })
  session.setRequestHandler(SubscribeRequestSchema, async ({ params }) => {
    const [upstream, uri] = await find(originOfUri(params.uri), () => unknownResource(params.uri))
    // Before it is asked: it may tell of an update at once.
    const heard = audienceOf(params.uri)
    heard.subscribe(client, params.uri)
    return upstream.ask('resources/subscribe', { uri }).catch((error: unknown) => {
      heard.unsubscribe(client, params.uri)
      throw error
    })
  })
  const unsubscribe = async (subscribed: string) => {
    const [upstream, uri] = await find(originOfUri(subscribed), () => unknownResource(subscribed))
    await upstream.ask('resources/unsubscribe', { uri })
  }
  session.setRequestHandler(UnsubscribeRequestSchema, async ({ params: { uri } }) => {
    if (audienceOf(uri).unsubscribe(client, uri)) await unsubscribe(uri)
    return {}
  })

  session.setRequestHandler(ListPromptsRequestSchema, async ({ params }) => {
    const { items: prompts, ...more } = page(await listed('prompts'), params?.cursor)
    return { prompts, ...more }
  })
  session.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => {
    const [upstream, name] = await find(originOfName(params.name), () => unknownPrompt(params.name))
    return pass(upstream, 'prompts/get', { ...params, name }, extra)
  })
  session.setRequestHandler(CompleteRequestSchema, async ({ params }, extra) => {
    const { ref } = params
    if (ref.type === 'ref/prompt') {
      const [upstream, name] = await find(originOfName(ref.name), () => unknownPrompt(ref.name))
      return pass(upstream, 'completion/complete', { ...params, ref: { ...ref, name } }, extra)
    }
    const [upstream, uri] = await find(originOfUri(ref.uri), () => unknownResource(ref.uri))
    return pass(upstream, 'completion/complete', { ...params, ref: { ...ref, uri } }, extra)
  })

  session.setRequestHandler(SetLevelRequestSchema, async ({ params: { level } }) => {
    for (const heard of [audience, own.audience]) heard.setLevel(client, level)
    const tell = (some: Upstream[], wanted: typeof audience.level) =>
      some.filter(({ capabilities }) => capabilities.logging).map((each) => each.ask('logging/setLevel', { level: wanted }))
    await Promise.allSettled([...tell(catalog.upstreams, audience.level), ...tell(own.offers.upstreams, level)])
    return {}
  })
  return session
}

import type { Resource } from '@keelson/kernel'
import { type Http1Server, type HttpServer, httpServer } from '@keelson/node'
import { gate } from '../auth/gate.js'
import { OAuth } from '../auth/oauth.js'
import { ResourceMetadata } from '../auth/resource-metadata.js'
import type { Audience } from '../catalog/audience.js'
import type { Catalog } from '../catalog/catalog.js'
import type { HttpOptions } from '../config/http-options.js'
import { EventLog } from '../resume/event-log.js'
import { proxySession } from '../session/proxy-session.js'
import { admitted } from './admitted.js'
import { HttpSessions } from './http-sessions.js'
import { localPages } from './local-pages.js'
import { refuse } from './refuse.js'
import { MESSAGES, SseSessions } from './sse-sessions.js'

/** Where MCP is served. */
const PATH = '/mcp'
/** Where it is served to clients of the older HTTP with SSE, where that is wanted. */
const SSE_PATH = '/sse'

export interface HttpFrontOptions {
  catalog: Resource<Catalog>
  audience: Audience
  port: number
  host: string
  /** Names besides those of this machine that it is asked for by, and that pages may come from. */
  names: readonly string[]
  /** One of which clients have to send, where there are any. */
  tokens: readonly string[]
  http: HttpOptions
}

/** Serves streamable HTTP at /mcp, and the probes. Requests in flight are answered before it stops, standing streams are ended. */
export function httpFront(
  name: string,
  { catalog, audience, port, host, names, tokens, http }: HttpFrontOptions,
): Resource<HttpServer<Http1Server>> {
  const { oauth, maxSessions, idle, resume, sse } = http
  // Behind a proxy it is asked for by the name that clients have for it.
  const publicNames = oauth === undefined ? names : [...names, new URL(oauth.resource).hostname]
  return httpServer(name, {
    dependsOn: { catalog },
    port,
    host,
    timeouts: { stop: 1_000 },
    // Standing streams are ended at the beginning of the drain; what is left of them is the way of an answer.
    drain: { streamTimeout: Infinity },
    listener: ({ catalog }, { kernel, defer }) => {
      const begin = () => proxySession(catalog, audience, kernel)
      const log = resume && new EventLog(resume)
      if (log !== undefined) defer(() => log.close())
      const limits = { ...(maxSessions !== undefined && { most: maxSessions }), ...(idle !== undefined && { idle }) }
      const sessions = new HttpSessions(begin, { ...limits, log })
      const older = sse ? new SseSessions(begin, limits) : undefined
      defer(catalog.serve())
      defer(() => sessions.close())
      const metadata = oauth && new ResourceMetadata(oauth, PATH)
      const admit = admitted(gate(tokens, oauth && metadata && new OAuth(oauth, metadata)))
      const refusalOf = localPages([host, ...publicNames])
      return (req, res) => {
        const refusal = refusalOf(req)
        if (refusal !== undefined) return refuse(res, 403, refusal)
        const path = pathOf(req.url)
        if (path === PATH) return admit(req, res, (owner) => sessions.handle(req, res, owner))
        if (older !== undefined && path === SSE_PATH) return admit(req, res, (owner) => older.stream(req, res, owner))
        if (older !== undefined && path === MESSAGES) return admit(req, res, (owner) => older.message(req, res, owner))
        if (metadata?.isAt(path)) return metadata.tell(req, res)
        refuse(res, 404, 'MCP is served at /mcp')
      }
    },
  })
}

/** Without its query. */
function pathOf(url = '/'): string {
  return url.split('?', 1)[0]!.replace(/(.)\/$/, '$1')
}

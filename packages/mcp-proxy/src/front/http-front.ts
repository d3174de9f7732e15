import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Resource } from '@keelson/kernel'
import { type Http1Server, type HttpServer, httpServer } from '@keelson/node'
import type { Audience } from '../catalog/audience.js'
import type { Catalog } from '../catalog/catalog.js'
import { proxySession } from '../session/proxy-session.js'
import { bearer } from './bearer.js'
import { HttpSessions } from './http-sessions.js'
import { localPages } from './local-pages.js'
import { refuse } from './refuse.js'

export interface HttpFrontOptions {
  catalog: Resource<Catalog>
  audience: Audience
  port: number
  host: string
  /** Names besides those of this machine that it is asked for by, and that pages may come from. */
  names: readonly string[]
  /** One of which clients have to send, where there are any. */
  tokens: readonly string[]
}

/** Serves streamable HTTP at /mcp, and the probes. Requests in flight are answered before it stops, standing streams are ended. */
export function httpFront(
  name: string,
  { catalog, audience, port, host, names, tokens }: HttpFrontOptions,
): Resource<HttpServer<Http1Server>> {
  return httpServer(name, {
    dependsOn: { catalog },
    port,
    host,
    timeouts: { stop: 1_000 },
    // Standing streams are ended at the beginning of the drain; what is left of them is the way of an answer.
    drain: { streamTimeout: Infinity },
    listener: ({ catalog }, { kernel, defer }) => {
      const sessions = new HttpSessions(() => proxySession(catalog, audience, kernel))
      defer(catalog.serve())
      defer(() => sessions.close())
      const ownerOf = bearer(tokens)
      const refusalOf = localPages([host, ...names])
      return (req, res) => {
        const refusal = refusalOf(req)
        if (refusal !== undefined) return refuse(res, 403, refusal)
        if (pathOf(req.url) !== '/mcp') return refuse(res, 404, 'MCP is served at /mcp')
        const owner = ownerOf(req)
        if (owner === undefined) return unauthorized(req, res)
        sessions.handle(req, res, owner).catch(() => {
          if (!res.headersSent) refuse(res, 500, 'the request could not be handled')
          else res.destroy()
        })
      }
    },
  })
}

function unauthorized({ headers }: IncomingMessage, res: ServerResponse): void {
  const challenge = headers.authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"'
  refuse(res, 401, 'a valid bearer token is needed', { 'www-authenticate': challenge })
}

/** Without its query. */
function pathOf(url = '/'): string {
  return url.split('?', 1)[0]!.replace(/(.)\/$/, '$1')
}

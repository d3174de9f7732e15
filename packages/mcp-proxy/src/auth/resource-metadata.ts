import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OAuthOptions } from '../config/oauth-options.js'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** What clients are told of where to get a token (RFC 9728), and where they find it. */
export class ResourceMetadata {
  /** Its URL, as clients see it. */
  readonly url: string
  readonly #document: string
  readonly #paths: ReadonlySet<string>

  /** @param path of the MCP endpoint here; a proxy in front may have put another before it. */
  constructor({ resource, authorizationServers, scopes }: OAuthOptions, path: string) {
    const { origin, pathname } = new URL(resource)
    const suffix = pathname.replace(/\/$/, '')
    this.url = `${origin}${WELL_KNOWN}${suffix}`
    this.#paths = new Set([WELL_KNOWN, `${WELL_KNOWN}${path}`, `${WELL_KNOWN}${suffix}`])
    this.#document = JSON.stringify({
      resource,
      authorization_servers: authorizationServers,
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
    })
  }

  isAt(path: string): boolean {
    return this.#paths.has(path)
  }

  tell({ method }: IncomingMessage, res: ServerResponse): void {
    if (method !== 'GET' && method !== 'HEAD') res.writeHead(405, { allow: 'GET, HEAD' }).end()
    else {
      const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=300', 'x-content-type-options': 'nosniff' }
      res.writeHead(200, headers).end(method === 'GET' ? this.#document : undefined)
    }
  }
}

import { expressServer } from '@keelson/express'
import type { Resource } from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import express from 'express'
import type { Catalog } from './catalog.js'
import { HttpSessions } from './http-sessions.js'
import { localPages } from './local-pages.js'
import { proxySession } from './proxy-session.js'

export interface HttpFrontOptions {
  catalog: Resource<Catalog>
  port: number
  host: string
  /** Names besides those of this machine that it is asked for by, and that pages may come from. */
  names: readonly string[]
}

/** Serves streamable HTTP at /mcp, and the probes. Requests in flight are answered before it stops, standing streams are ended. */
export function httpFront(name: string, { catalog, port, host, names }: HttpFrontOptions): Resource<HttpServer> {
  return expressServer(name, {
    dependsOn: { catalog },
    port,
    host,
    timeouts: { drain: 15_000, stop: 1_000 },
    app: ({ catalog }, { kernel, defer }) => {
      const sessions = new HttpSessions(() => proxySession(catalog, kernel))
      defer(catalog.serve())
      defer(() => sessions.close())
      const app = express()
        .disable('x-powered-by')
        .use(localPages([host, ...names]))
      return app.all('/mcp', (req, res) => sessions.handle(req, res))
    },
  })
}

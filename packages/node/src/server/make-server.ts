import type { RequestListener } from 'node:http'
import { Server as NetServer } from 'node:net'
import { builtIn } from '../built-in.js'
import type { DrainableServer } from '../drain/drainer.js'
import { kindOf } from '../options.js'
import type { ProbeRequest, ProbeResponse } from '../probe/probe-request.js'
import { interceptRequests } from './intercept-requests.js'
import { applySettings, createOptions, type ServerSettings } from './server-settings.js'
import { readTls, type TlsOptions } from './tls-options.js'

export interface ServerPlan {
  /** What the application's `listener` returned. */
  readonly made: unknown
  readonly tls: TlsOptions | undefined
  readonly http2: boolean | undefined
  readonly settings?: ServerSettings | undefined
  readonly probe: ((req: ProbeRequest, res: ProbeResponse) => boolean) | undefined
  /** Gets what has to be undone when the server is closed, since the application may return its own again. */
  readonly defer: (undo: () => void) => void
}

/** The server to listen with: the application's own, or one around its request listener; probes come first in both. */
export async function makeServer({ made, tls, http2, settings = {}, probe, defer }: ServerPlan): Promise<DrainableServer> {
  if (isServer(made)) {
    if (tls !== undefined || http2 !== undefined) {
      throw new Error(
        'listener returned a server, so tls and http2 would do nothing; set them on that server, or return a request listener',
      )
    }
    if (made.listening) {
      made.close()
      throw new Error('listener returned a server that listens already; return it, or the app, without calling listen()')
    }
    const late = applySettings(made, settings)
    if (late.length > 0) {
      throw new Error(
        `listener returned a server, so serverOptions.${late.join(', ')} would do nothing; give that to the server where it is made`,
      )
    }
    if (probe !== undefined) defer(interceptRequests(made, probe))
    return made
  }
  if (typeof made !== 'function') {
    throw new Error(`listener returned ${kindOf(made)}; return a function (req, res), an app that is one, or a server`)
  }
  const listener = withProbe(probe, made as RequestListener)
  const options = createOptions(settings)
  const server =
    tls === undefined ? plainServer(listener, http2, options) : secureServer(listener, http2, options, await readTls(tls))
  // Not every one of them reads all of that from its options.
  applySettings(server, options)
  return server
}

/** Those of Bun are not of `node:net`. */
export function isServer(made: unknown): made is DrainableServer {
  return made instanceof NetServer || (typeof made === 'object' && made !== null && 'listening' in made && 'close' in made)
}

function withProbe(probe: ServerPlan['probe'], listener: RequestListener): RequestListener {
  // What the listener returns is noted by the drainer.
  return (req, res) => (probe?.(req, res) ? undefined : listener(req, res))
}

function plainServer(listener: RequestListener, http2: boolean | undefined, options: ServerSettings): DrainableServer {
  try {
    return http2
      ? builtIn('node:http2').createServer(options, listener as never)
      : builtIn('node:http').createServer(options, listener)
  } catch (cause) {
    throw new Error(`serverOptions cannot be used: ${(cause as Error).message}`, { cause })
  }
}

function secureServer(
  listener: RequestListener,
  http2: boolean | undefined,
  options: ServerSettings,
  tls: object,
): DrainableServer {
  try {
    return http2
      ? builtIn('node:http2').createSecureServer({ allowHTTP1: true, ...options, ...tls }, listener as never)
      : builtIn('node:https').createServer({ ...options, ...tls }, listener)
  } catch (cause) {
    throw new Error(
      `tls cannot be used: ${(cause as Error).message}; check that key and certificate are PEM and belong together`,
      {
        cause,
      },
    )
  }
}

import type { Kernel } from '@keelson/kernel'
import { builtIn } from '../built-in.js'
import { probeHandler } from '../probe/probe-handler.js'
import type { ProbeOptions } from '../probe/probe-options.js'
import { listen } from '../server/listen.js'
import { portOf, urlOf } from '../server/server-url.js'

export interface ProbeServerOptions extends ProbeOptions {
  port: number
  /** Default: every address, because the kubelet asks from outside. */
  host?: string
}

export interface ProbeServer {
  readonly port: number
  /** Of its readiness probe. */
  readonly url: string
  close(): Promise<void>
}

/** A small server that answers probes and nothing else, so that they work before the application listens and until it is gone. */
export async function openProbeServer(kernel: Kernel, { port, host, ...options }: ProbeServerOptions): Promise<ProbeServer> {
  const probe = probeHandler(kernel, options)
  const server = builtIn('node:http').createServer((req, res) => {
    if (!probe(req, res)) res.writeHead(404, { 'content-length': '0' }).end()
  })
  await listen(server, port, host)
  return {
    port: portOf(server),
    url: `${urlOf(server, host, false)}${options.paths?.ready ?? '/readyz'}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // Every answer is written in the turn in which its request arrived: there is nothing in flight to wait for.
        server.closeAllConnections()
      }),
  }
}

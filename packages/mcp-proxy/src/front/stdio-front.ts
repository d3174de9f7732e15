import { setTimeout as sleep } from 'node:timers/promises'
import { type Resource, type ResourceLike, resource } from '@keelson/kernel'
import type { Audience } from '../catalog/audience.js'
import type { Catalog } from '../catalog/catalog.js'
import { proxySession } from '../session/proxy-session.js'
import { OpenRequests } from './open-requests.js'
import { StdioTransport } from './stdio-transport.js'

export interface StdioFrontOptions {
  catalog: Resource<Catalog>
  audience: Audience
  /** Called when the client has gone. */
  onEnd(why: string): void
}

/** How long nothing may arrive before the drain is over, in ms: what was sent before a signal may still be in the pipe. */
const QUIET = 100

/** Serves the client that started this process. It stops when every request that it has read is answered. */
export function stdioFront(name: string, { catalog, audience, onEnd }: StdioFrontOptions): ResourceLike {
  return resource(name, {
    dependsOn: { catalog },
    start: async ({ catalog }, { kernel, defer }) => {
      const { stdin, stdout } = process
      const session = proxySession(catalog, audience, kernel)
      const requests = new OpenRequests(new StdioTransport(stdin, stdout))
      const ended = async () => {
        // A shutdown ends the start of servers that somebody may have asked for something.
        if (requests.count > 0) await catalog.started
        onEnd('its client closed standard input')
      }
      requests.onclose = () => onEnd('its client sent a message without an end')
      // Nobody reads answers any more, so nobody waits for them.
      const broken = () => {
        onEnd('its client closed standard output')
        void session.close()
      }
      stdin.once('end', ended)
      stdin.once('close', ended)
      stdout.on('error', broken)
      defer(catalog.serve())
      defer(() => {
        stdin.off('end', ended)
        stdin.off('close', ended)
        stdout.off('error', broken)
      })
      await session.connect(requests)
      return { session, requests }
    },
    drain: async ({ requests }) => {
      do {
        await requests.answered()
        await sleep(QUIET)
      } while (requests.count > 0)
    },
    stop: ({ session }) => session.close(),
    timeouts: { drain: Infinity, stop: 1_000 },
  })
}

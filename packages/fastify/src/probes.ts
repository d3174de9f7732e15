import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { KernelView } from '@keelson/kernel'
import { type ProbeOptions, probeHandler } from '@keelson/node'

/** What probes need of a Fastify app. */
export interface ProbeHost {
  addHook(
    name: 'onRequest',
    hook: (
      request: { readonly raw: IncomingMessage | Http2ServerRequest },
      reply: { readonly raw: ServerResponse | Http2ServerResponse },
      done: () => void,
    ) => void,
  ): unknown
}

/** A Fastify plugin. */
export type ProbePlugin = (app: ProbeHost, options: unknown, done: () => void) => void

/**
 * The probes of a kernel as a plugin, for an app that keeps its own server. Register it before anything that asks for
 * credentials: it answers in an `onRequest` hook, in front of every route of the app.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * app.register(probes(kernel))
 */
export function probes(kernel: KernelView, options?: ProbeOptions): ProbePlugin {
  const answer = probeHandler(kernel, options)
  function keelsonProbes(app: ProbeHost, _options: unknown, done: () => void): void {
    app.addHook('onRequest', (request, reply, next) => {
      if (!answer(request.raw, reply.raw)) next()
    })
    done()
  }
  // Without an encapsulation of its own, so that the hook is one of the whole app.
  return Object.assign(keelsonProbes, { [Symbol.for('skip-override')]: true })
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KernelView } from '@keelson/kernel'
import { type ProbeOptions, probeHandler } from '@keelson/node'

/** What probes need of Koa's context. */
export interface ProbeContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** Koa middleware. */
export type ProbeMiddleware = (ctx: ProbeContext, next: () => Promise<unknown>) => unknown

/**
 * The probes of a kernel as middleware, for an app that keeps its own server. Use it before anything that reads bodies or asks
 * for credentials.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * app.use(probes(kernel))
 */
export function probes(kernel: KernelView, options?: ProbeOptions): ProbeMiddleware {
  const answer = probeHandler(kernel, options)
  return (ctx, next) => {
    if (!answer(ctx.req, ctx.res)) return next()
  }
}

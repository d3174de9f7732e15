import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KernelView } from '@keelson/kernel'
import { type ProbeOptions, probeHandler } from '@keelson/node'

/** Express middleware, of version 4 or 5. */
export type ProbeMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/**
 * The probes of a kernel as middleware, for an app that keeps its own server. Mount it before anything that reads bodies or
 * asks for credentials.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * app.use(probes(kernel))
 */
export function probes(kernel: KernelView, options?: ProbeOptions): ProbeMiddleware {
  const answer = probeHandler(kernel, options)
  return (req, res, next) => {
    if (!answer(req, res)) next()
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { KernelView, ResourceLike } from '@keelson/kernel'
import { type UnavailableOptions, unavailability } from './unavailability.js'

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

/** What stands in front of a route. */
export interface UnavailableGuard {
  /** Wraps a request listener of `node:http` or `node:http2`, which is called while everything is there. */
  <L extends (req: never, res: never) => unknown>(listener: L): L
  /** Middleware as Connect has it: calls `next` while everything is there. */
  (req: Request, res: Response, next: (error?: unknown) => void): void
}

/**
 * Answers 503 with `Retry-After` while something that a route needs is away: it does not run, or is unhealthy. The body is empty, and tells
 * a stranger nothing. `@keelson/express`, `@keelson/fastify`, `@keelson/koa` and `@keelson/hono` have one each.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * const api = httpServer('api', {
 *   dependsOn: { found: ref(search) },
 *   listener: ({ found }, { kernel }) =>
 *     unavailable(kernel, [search])(async (req, res) => res.end(await found.use((s) => s.find(req.url)))),
 * })
 */
export function unavailable(kernel: KernelView, needs: Iterable<ResourceLike>, options?: UnavailableOptions): UnavailableGuard {
  const away = unavailability(kernel, needs, options)

  function answers(res: Response): boolean {
    const answer = away()
    if (answer === undefined) return false
    ;(res as ServerResponse).writeHead(answer.status, answer.headers)
    res.end()
    return true
  }

  type Listener = (req: unknown, res: Response) => unknown
  function guard(first: Request | Listener, res?: Response, next?: () => void): unknown {
    if (typeof first === 'function') return (req: unknown, res: Response) => (answers(res) ? undefined : first(req, res))
    if (!answers(res!)) next?.()
    return undefined
  }
  return guard as UnavailableGuard
}

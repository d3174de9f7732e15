import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KernelView, ResourceLike } from '@keelson/kernel'
import { unavailable as guard, type UnavailableOptions } from '@keelson/node'

/** Express middleware, of version 4 or 5. */
export type UnavailableMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/**
 * 503 with `Retry-After` while something that a route needs is away: it does not run, or is unhealthy.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * app.use('/search', unavailable(ctx.kernel, [search]), searchRouter)
 */
export function unavailable(
  kernel: KernelView,
  needs: Iterable<ResourceLike>,
  options?: UnavailableOptions,
): UnavailableMiddleware {
  return guard(kernel, needs, options)
}

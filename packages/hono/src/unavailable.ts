import type { KernelView, ResourceLike } from '@keelson/kernel'
import { type UnavailableOptions, unavailableHono } from '@keelson/node'

/** Hono middleware. */
export type UnavailableMiddleware = (context: unknown, next: () => Promise<void>) => Promise<Response | void>

/**
 * 503 with `Retry-After` while something that a route needs is away: it does not run, or is unhealthy.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * app.use('/search/*', unavailable(kernel, [search]))
 */
export function unavailable(
  kernel: KernelView,
  needs: Iterable<ResourceLike>,
  options?: UnavailableOptions,
): UnavailableMiddleware {
  return unavailableHono(kernel, needs, options)
}

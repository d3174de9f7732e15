import type { KernelView, ResourceLike } from '@keelson/kernel'
import { type UnavailableOptions, unavailability } from './unavailability.js'

/** Middleware of Hono, or of anything else that takes a context and `next`, and answers with a `Response`. */
export type UnavailableHono = (context: unknown, next: () => Promise<void>) => Promise<Response | void>

/**
 * `unavailable` for Hono: 503 with `Retry-After` while something that a route needs does not run or is unhealthy.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * app.use('/search/*', unavailableHono(kernel, [search]))
 */
export function unavailableHono(
  kernel: KernelView,
  needs: Iterable<ResourceLike>,
  options?: UnavailableOptions,
): UnavailableHono {
  const away = unavailability(kernel, needs, options)
  return async (_context, next) => {
    const answer = away()
    if (answer) return new Response(null, answer)
    await next()
  }
}

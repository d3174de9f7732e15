import type { KernelView, ResourceLike } from '@keelson/kernel'
import { type UnavailableOptions, unavailability } from '@keelson/node'

/** What is asked of Koa's context. */
export interface UnavailableContext {
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

/** Koa middleware. */
export type UnavailableMiddleware = (ctx: UnavailableContext, next: () => Promise<unknown>) => Promise<void>

/**
 * 503 with `Retry-After` while something that a route needs is away: it does not run, or is unhealthy.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * app.use(unavailable(kernel, [db]))
 */
export function unavailable(
  kernel: KernelView,
  needs: Iterable<ResourceLike>,
  options?: UnavailableOptions,
): UnavailableMiddleware {
  const away = unavailability(kernel, needs, options)
  return async (ctx, next) => {
    const answer = away()
    if (answer === undefined) {
      await next()
      return
    }
    ctx.status = answer.status
    ctx.body = ''
    ctx.set({ ...answer.headers })
  }
}

import type { KernelView, ResourceLike } from '@keelson/kernel'
import { type UnavailableOptions, unavailability } from '@keelson/node'

/** What is asked of a Fastify reply. */
export interface UnavailableReply {
  code(status: number): UnavailableReply
  headers(headers: Record<string, string>): UnavailableReply
  send(): UnavailableReply
}

/** A hook of Fastify, for a route or for a whole app. */
export type UnavailableHook = (request: unknown, reply: UnavailableReply) => Promise<unknown>

/**
 * A hook for Fastify: 503 with `Retry-After` while something that a route needs is away: it does not run, or is unhealthy.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * app.get('/search', { onRequest: unavailable(ctx.kernel, [search]) }, handler)
 * app.addHook('onRequest', unavailable(ctx.kernel, [search]))
 */
export function unavailable(kernel: KernelView, needs: Iterable<ResourceLike>, options?: UnavailableOptions): UnavailableHook {
  const away = unavailability(kernel, needs, options)
  return async (_request, reply) => {
    const answer = away()
    // Returning the reply tells Fastify that it was answered.
    return (
      answer &&
      reply
        .code(answer.status)
        .headers({ ...answer.headers })
        .send()
    )
  }
}

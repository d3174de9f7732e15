import { checkLimiter, judge, type LimiterFor, type RequestLimit } from './judge.js'
import type { RateLimiter } from './rate-limit.js'

/** The members of Fastify's reply that are used. */
export interface FastifyRequestLike {
  readonly ip: string
}
export interface FastifyReplyLike {
  code(status: number): FastifyReplyLike
  header(name: string, value: string): FastifyReplyLike
  send(payload: string): FastifyReplyLike
}

type FastifyHook<Request> = (request: Request, reply: FastifyReplyLike) => Promise<unknown>

/**
 * A hook for Fastify: 429 with `Retry-After` over the limit, 503 when the limiter has stopped; other errors go to its error handler.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is no limiter.
 *
 * @example
 * app.addHook('onRequest', fastifyLimiter(limiter))
 * app.get('/search', { onRequest: fastifyLimiter((request: FastifyRequest) => limits.of(request.hostname)) }, search)
 */
export function fastifyLimiter(
  limiter: RateLimiter,
  options?: { readonly points?: number; readonly ipv6Prefix?: number; readonly headers?: boolean | string },
): FastifyHook<FastifyRequestLike>
// The first overload is for calls without a function of the request: inferred from a route's hooks, the request would be `never`.
export function fastifyLimiter<Request extends FastifyRequestLike>(
  limiter: LimiterFor<Request>,
  options?: RequestLimit<Request>,
): FastifyHook<Request>
export function fastifyLimiter<Request extends FastifyRequestLike>(
  limiter: LimiterFor<Request>,
  options: RequestLimit<Request> = {},
): FastifyHook<Request> {
  checkLimiter('fastifyLimiter', limiter, options)
  return async (request, reply) => {
    const { refusal, headers } = await judge(limiter, options, request, request.ip)
    for (const [name, value] of headers) reply.header(name, value)
    // Returning the reply tells Fastify that it was answered.
    return refusal && reply.code(refusal.status).send(refusal.text)
  }
}

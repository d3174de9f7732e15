import { checkLimiter, judge, type LimiterFor, type RequestLimit } from './judge.js'

/** The members of Koa's context that are used. */
export interface KoaContextLike {
  readonly ip: string
  status: number
  body: unknown
  set(name: string, value: string): void
}

/**
 * Middleware for Koa: 429 with `Retry-After` over the limit, 503 when the limiter has stopped; other errors are thrown.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is no limiter.
 *
 * @example
 * app.use(koaLimiter(limiter))
 */
export function koaLimiter<Context extends KoaContextLike>(
  limiter: LimiterFor<Context>,
  options: RequestLimit<Context> = {},
): (ctx: Context, next: () => Promise<unknown>) => Promise<void> {
  checkLimiter('koaLimiter', limiter, options)
  return async (ctx, next) => {
    const { refusal, headers } = await judge(limiter, options, ctx, ctx.ip)
    for (const [name, value] of headers) ctx.set(name, value)
    if (refusal === undefined) {
      await next()
      return
    }
    ctx.status = refusal.status
    ctx.body = refusal.text
  }
}

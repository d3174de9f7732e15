import { checkLimiter, judge, type LimiterFor, type RequestLimit, type Verdict } from './judge.js'

/** The members of Express, or of anything with its middleware such as Connect, that are used. */
export interface ExpressRequestLike {
  readonly ip?: string | undefined
  readonly socket: { readonly remoteAddress?: string | undefined }
}
export interface ExpressResponseLike {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(text: string): unknown
}

/**
 * Middleware for Express: 429 with `Retry-After` over the limit, 503 when the limiter has stopped; other errors go to `next`.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is no limiter.
 *
 * @example
 * app.use(expressLimiter(limiter))
 */
export function expressLimiter<Request extends ExpressRequestLike>(
  limiter: LimiterFor<Request>,
  options: RequestLimit<Request> = {},
): (req: Request, res: ExpressResponseLike, next: (error?: unknown) => void) => Promise<void> {
  checkLimiter('expressLimiter', limiter, options)
  return async (req, res, next) => {
    let verdict: Verdict
    try {
      verdict = await judge(limiter, options, req, req.ip ?? req.socket.remoteAddress)
    } catch (error) {
      return next(error)
    }
    const { refusal, headers } = verdict
    for (const [name, value] of headers) res.setHeader(name, value)
    if (refusal === undefined) return next()
    res.statusCode = refusal.status
    res.setHeader('Content-Type', 'text/plain; charset=utf-8')
    res.end(refusal.text)
  }
}

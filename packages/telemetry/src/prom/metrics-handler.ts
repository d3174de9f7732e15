import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Kernel } from '@keelson/kernel'
import { register as globalRegister } from 'prom-client'
import { assertArguments, type Checks } from '../measure/checked.js'
import { PROMETHEUS_CHECKS, type PrometheusOptions, prometheusMetrics } from './prometheus-metrics.js'

export interface MetricsHandlerOptions extends PrometheusOptions {
  /** Default `/metrics`. */
  path?: string
  /** Whether a request may see them; default all may. Otherwise, and when this throws, the answer is 403. */
  allow?: (req: IncomingMessage | Http2ServerRequest) => boolean
}

const CHECKS: Checks<MetricsHandlerOptions> = {
  ...PROMETHEUS_CHECKS,
  path: (value) =>
    typeof value === 'string' && /^\/[^?#]*$/.test(value) ? undefined : 'must be a path that begins with / and has no query',
  allow: (value) => (typeof value === 'function' ? undefined : 'must be a function of the request'),
}

/**
 * Answers `GET` (and `HEAD`) `/metrics` with all that the register has, that of the kernel included. Returns false, without having touched
 * anything, for another path. What a metric of somebody else throws is answered 500, without its text.
 *
 * @throws KeelsonError with code `INVALID_OPTION`, for what is no kernel or no option.
 *
 * @example
 * const metrics = metricsHandler(kernel)
 * httpServer('metrics', { port: 9100, listener: () => (req, res) => metrics(req, res) || res.writeHead(404).end() })
 */
export function metricsHandler(
  kernel: Kernel,
  options: MetricsHandlerOptions = {},
): (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse) => boolean {
  assertArguments('metricsHandler()', kernel, options, CHECKS)
  const { register = globalRegister, path = '/metrics', allow = () => true } = options
  prometheusMetrics(kernel, { register })
  return function answerMetrics(req, res) {
    const [url] = (req.url ?? '').split('?')
    if (url !== path) return false
    if (req.method !== 'GET' && req.method !== 'HEAD') send(res, 405, 'only GET and HEAD\n', { allow: 'GET, HEAD' })
    else if (!permitted(allow, req)) send(res, 403, 'not allowed\n')
    else
      register.metrics().then(
        (text) => send(res, 200, text, { 'content-type': register.contentType }),
        () => send(res, 500, 'the metrics could not be collected\n'),
      )
    return true
  }
}

function send(
  res: ServerResponse | Http2ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const all = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(text),
    ...headers,
  }
  // Both kinds take this; only their overloads differ. The answer to HEAD has no body, which Node sees to.
  ;(res as ServerResponse).writeHead(status, all)
  res.end(text)
}

function permitted(allow: NonNullable<MetricsHandlerOptions['allow']>, req: IncomingMessage | Http2ServerRequest): boolean {
  try {
    return allow(req) === true
  } catch {
    return false
  }
}

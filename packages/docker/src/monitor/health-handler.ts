import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { ContainerMonitor } from './monitor-value.js'
import { PROMETHEUS, prometheusText } from './prometheus-text.js'

export interface HealthHandlerOptions {
  /** The path of the overview; sessions are below it at `/container/:session`. Default `/health`. */
  path?: string
  /** The path of the metrics for Prometheus, or `false` for none; default `/metrics`. */
  metrics?: string | false
  /** Whether a request may see it; default all may. Otherwise, and when this throws, the answer is 403. */
  allow?: (req: IncomingMessage | Http2ServerRequest) => boolean
}

/**
 * Answers `GET` (and `HEAD`) `/health` with all containers, sessions, statistics and the state of the engine, and
 * `GET /health/container/:session` with one session and the history of its containers; as JSON. `/health` is 503 while the
 * engine is away (what it shows is what was known last), a session's page while that is neither healthy nor unknown, 404 for no
 * such session. `GET /metrics` has status, checks, failures, restarts, response times, alerts and the engine for Prometheus. Returns false, without having touched anything, for another path. Asking checks nothing.
 *
 * @example
 * app.use((req, res, next) => health(req, res) || next()) // Express
 */
export function healthHandler(
  monitor: ContainerMonitor,
  { path = '/health', metrics = '/metrics', allow = () => true }: HealthHandlerOptions = {},
): (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse) => boolean {
  const sessions = `${path}/container/`
  return function answerHealth(req, res) {
    const [url = ''] = (req.url ?? '').split('?')
    if (url !== path && url !== metrics && !url.startsWith(sessions)) return false
    if (req.method !== 'GET' && req.method !== 'HEAD') send(res, 405, { error: 'only GET and HEAD' }, { allow: 'GET, HEAD' })
    else if (!permitted(allow, req)) send(res, 403, { error: 'not allowed' })
    else if (url === metrics) sendText(res, 200, PROMETHEUS, prometheusText(monitor.metrics()))
    else if (url === path) send(res, monitor.engine().status === 'healthy' ? 200 : 503, overview(monitor))
    else sendSession(res, monitor, decoded(url.slice(sessions.length)))
    return true
  }
}

function overview(monitor: ContainerMonitor) {
  const engine = monitor.engine()
  const statistics = monitor.statistics()
  const { failed, unhealthy, restarting } = statistics.byStatus
  const status = engine.status === 'unhealthy' ? 'unhealthy' : failed + unhealthy + restarting > 0 ? 'degraded' : 'healthy'
  const sessions = monitor
    .sessions()
    .map(({ session, status, containers }) => ({ session, status, containers: containers.length }))
  return { status, engine, statistics, sessions, containers: monitor.containers() }
}

function sendSession(res: ServerResponse | Http2ServerResponse, monitor: ContainerMonitor, name: string | undefined): void {
  const found = name === undefined ? undefined : monitor.session(name)
  if (found === undefined) return send(res, 404, { error: 'no such session' })
  const { session, status } = found
  const containers = found.containers.map((container) => ({ ...container, history: monitor.history(container.id) }))
  send(res, status === 'healthy' || status === 'unknown' ? 200 : 503, { session, status, containers })
}

function send(res: ServerResponse | Http2ServerResponse, status: number, body: object, extra: Record<string, string> = {}): void {
  sendText(res, status, 'application/json', JSON.stringify(body), extra)
}

function sendText(
  res: ServerResponse | Http2ServerResponse,
  status: number,
  type: string,
  text: string,
  extra: Record<string, string> = {},
): void {
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...extra,
  }
  // HTTP/2 responses accept the same; only their types differ.
  ;(res as ServerResponse).writeHead(status, headers)
  res.end(text)
}

function permitted(allow: NonNullable<HealthHandlerOptions['allow']>, req: IncomingMessage | Http2ServerRequest): boolean {
  try {
    return allow(req) === true
  } catch {
    return false
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

import type { KernelView } from '@keelson/kernel'
import { type ProbeOptions, probeHandler } from '@keelson/node'
import { incomingOf, type NodeContext } from './drain-signal.js'

/** Hono middleware. */
export type ProbeMiddleware = (context: NodeContext, next: () => Promise<void>) => Promise<Response | void>

/**
 * The probes of a kernel as middleware, for an app that keeps its own server. Use it before anything that reads bodies or asks
 * for credentials.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * app.use(probes(kernel))
 */
export function probes(kernel: KernelView, options?: ProbeOptions): ProbeMiddleware {
  const answer = probeHandler(kernel, options)
  return async (context, next) => {
    const written = new Written()
    if (answer(incomingOf(context), written as never)) return written.response()
    await next()
  }
}

/** What the handler writes, for a response of the Fetch API. */
class Written {
  #status = 200
  #headers = new Headers()
  #body = ''

  writeHead(status: number, headers: readonly (string | number)[]): void {
    this.#status = status
    for (let i = 0; i < headers.length; i += 2) this.#headers.append(String(headers[i]), String(headers[i + 1]))
  }

  end(body: string): void {
    this.#body = body
  }

  response(): Response {
    return new Response(this.#body, { status: this.#status, headers: this.#headers })
  }
}

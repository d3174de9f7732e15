import { KeelsonError } from '@keelson/kernel'
import { DecoratorHandler, type Dispatcher } from 'undici'
import { httpFailed, type ServerName } from './pool-errors.js'

/** Errors of requests to one server, with its name. */
export interface HttpErrors {
  readonly interceptor: Dispatcher.DispatcherComposeInterceptor
  /** The error that a caller of `fetch` is to get. */
  of(error: unknown): unknown
}

const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** Names the server in every error of its requests, also in those of a body that breaks off; aborts of the caller stay as they are. */
export function namedErrors(name: ServerName, limit: number): HttpErrors {
  const explain = (error: Error): Error => {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (error instanceof KeelsonError || error.name === 'AbortError') return error
    if (/^UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT$/.test(code))
      return httpFailed('TIMEOUT', name, `did not answer within ${limit} ms`, error)
    const unreachable = UNREACHABLE.includes(code)
    return httpFailed(
      unreachable ? 'START_FAILED' : 'CRASHED',
      name,
      `${unreachable ? 'could not be reached' : 'broke off'}: ${message}`,
      error,
    )
  }
  return {
    interceptor: (dispatch) => (options, handler) => dispatch(options, new NamingHandler(handler, explain)),
    of: (error) => {
      const { cause } = error as Error
      return error instanceof TypeError && cause instanceof Error ? explain(cause) : error
    },
  }
}

class NamingHandler extends DecoratorHandler {
  readonly #explain: (error: Error) => Error

  constructor(handler: Dispatcher.DispatchHandler, explain: (error: Error) => Error) {
    super(handler)
    this.#explain = explain
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    const base = DecoratorHandler.prototype as Dispatcher.DispatchHandler
    base.onResponseError?.call(this, controller, this.#explain(error))
  }
}

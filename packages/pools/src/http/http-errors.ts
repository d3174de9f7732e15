import { KeelsonError } from '@keelson/kernel'
import { DecoratorHandler, type Dispatcher } from 'undici'
import { httpFailed, type ServerName } from '../errors.js'
import type { HttpLimits } from './undici-options.js'

/** Adds the name of the server to errors of requests. */
export interface HttpErrors {
  readonly interceptor: Dispatcher.DispatcherComposeInterceptor
  /** The error with the name of the server; an abort by the caller stays as it is. */
  explain(error: Error): Error
  /** The error for a caller of `fetch`, which wraps undici's in a TypeError. */
  of(error: unknown): unknown
}

const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPROTO)$/
/** Codes of certificates and handshakes that are not accepted. */
const TLS = /^(ERR_(TLS|SSL)_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/
/** System calls that precede the first request of a connection. */
const CONNECTING = ['connect', 'getaddrinfo']
const NOT_SENT = /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/

/** Names the server in every error of its requests, those of a body that breaks off included; aborts by the caller stay as they are. */
export function namedErrors(
  name: ServerName,
  { connectTimeout, requestTimeout }: Pick<HttpLimits, 'connectTimeout' | 'requestTimeout'>,
): HttpErrors {
  const explain = (error: Error): Error => {
    const { code = '', syscall = '' } = error as NodeJS.ErrnoException
    if (error instanceof KeelsonError || error.name === 'AbortError') return error
    if (code === 'UND_ERR_CONNECT_TIMEOUT')
      return httpFailed('TIMEOUT', name, `could not be connected to within ${connectTimeout} ms`, error)
    if (/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code))
      return httpFailed('TIMEOUT', name, `did not answer within ${requestTimeout} ms`, error)
    const message = saidBy(error).trim()
    if (NOT_SENT.test(code))
      return httpFailed('INVALID_OPTION', name, `was asked for something that cannot be sent: ${message}`, error)
    if (/^UND_ERR_(CLOSED|DESTROYED)$/.test(code))
      return httpFailed('ABORTED', name, 'takes no new requests: its pool has stopped, or it was removed from it', error)
    const unreachable =
      UNREACHABLE.test(code) || TLS.test(code) || CONNECTING.includes(syscall) || /before secure TLS/.test(message)
    return httpFailed(
      unreachable ? 'START_FAILED' : 'CRASHED',
      name,
      `${unreachable ? 'could not be reached' : 'broke off'}: ${message}`,
      error,
    )
  }
  return {
    explain,
    interceptor: (dispatch) => (options, handler) => {
      // The reason of the caller's own signal is passed on unchanged.
      const own = (error: Error) => signalOf(options)?.aborted === true && signalOf(options)?.reason === error
      return dispatch(options, new NamingHandler(handler, (error) => (own(error) ? error : explain(error))))
    },
    of: (error) => {
      const { cause } = error as Error
      return error instanceof TypeError && cause instanceof Error ? explain(cause) : error
    },
  }
}

function signalOf(options: object): AbortSignal | undefined {
  return (options as { signal?: AbortSignal | null }).signal ?? undefined
}

/** For a host with several addresses Node gives an AggregateError without a message. */
function saidBy(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map(({ message }: Error) => message).join(', ')
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

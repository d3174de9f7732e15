import { KeelsonError } from '@keelson/kernel'

/** Replies after which no other try of the start would succeed: credentials, and a database that there is not. */
const REFUSED =
  /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH |ERR DB index|ERR invalid DB index|ERR SELECT is not allowed)/
/** Of TLS: what the other side is, or may not say of itself. A certificate that has expired may be renewed. */
const TLS = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
/** What a URL or options that cannot be used throw before anything is connected. */
const UNUSABLE = /^(Invalid URL|Protocol - |Invalid pathname|Invalid unix URL|tls socket option is set)/
const NOT_TLS = /wrong version number|packet length too long|unexpected message|unsupported protocol/
/** What they say when it takes too long to connect: a server that speaks no TLS does not answer to it. */
const TIMED_OUT = /^(Connection timeout|connect ETIMEDOUT)/
/** What the drivers say when the server hangs up on them. */
const HUNG_UP = /^(Socket closed unexpectedly|Connection is closed\.?|(read|write) (ECONNRESET|EPIPE))$/

/** One line that says why there is no connection; the error itself where that is said already. */
export function reason(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return told(messages(error.errors), error)
  const { message, code } = Object(error) as { message?: unknown; code?: unknown }
  const text = String(message)
  if (NOT_TLS.test(text) && (code === 'EPROTO' || String(code).startsWith('ERR_SSL_')))
    return told('the server does not speak TLS: use redis:// instead of rediss://', error)
  return error
}

/** The same for a connection that has not answered yet, with what may be wrong in the URL. */
export function reasonOfStart(error: unknown, options: unknown): unknown {
  const { message } = Object(error) as { message?: unknown }
  const text = String(message)
  if (HUNG_UP.test(text)) return told(`the server hung up before it answered (${text}): if it speaks TLS, use rediss://`, error)
  if (TIMED_OUT.test(text) && usesTls(options)) return told(`${text}: if the server does not speak TLS, use redis://`, error)
  return reason(error)
}

function usesTls(options: unknown): boolean {
  const { tls, socket } = Object(options) as { tls?: unknown; socket?: { tls?: unknown } }
  return Boolean(tls ?? socket?.tls)
}

/** Marks what no other try of the start would mend. */
export function markPermanent(error: unknown): unknown {
  const { message, code } = Object(error) as { message?: unknown; code?: unknown }
  const text = String(message)
  const permanent =
    REFUSED.test(text) || UNUSABLE.test(text) || TLS.has(String(code)) || text.startsWith('the server does not speak TLS')
  if (!permanent || (error instanceof KeelsonError && error.code === 'INVALID_OPTION')) return error
  return new KeelsonError('INVALID_OPTION', text, { cause: error, details: { option: 'url' } })
}

function told(message: string, cause: unknown): Error {
  const { code } = Object(cause) as { code?: unknown }
  return Object.assign(new Error(message, { cause }), code === undefined ? {} : { code })
}

/** Of a host with several addresses, each of which has failed: the message of the whole is empty. */
function messages(errors: readonly unknown[]): string {
  return errors.map((error) => String(Object(error).message ?? error)).join(', ')
}

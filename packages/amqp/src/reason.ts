import { KeelsonError } from '@keelson/kernel'
import type { BrokerAddress } from './connection-url.js'

interface Told {
  readonly message: string
  readonly code?: unknown
}

/** What no other try of the start would mend, by what the driver says or by the code of the error. */
const PERMANENT: readonly ((told: Told) => boolean)[] = [
  ({ message }) => /^Handshake terminated by server: (403|530) /.test(message),
  ({ message }) => /^Expected ConnectionOpenOk; got <ConnectionClose/.test(message),
  ({ message }) => /^SASL mechanism .* is not provided/.test(message),
  ({ code }) => code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER',
  ({ code }) => /CERT|^UNABLE_TO_/.test(typeof code === 'string' ? code : ''),
]

/** What the driver does not say, by what it says. */
const HINTS: readonly { says: RegExp; plain?: true; hint(vhost: string): string }[] = [
  {
    says: /^Expected ConnectionOpenOk; got <ConnectionClose/,
    hint: (vhost) => `the broker does not open vhost "${vhost}": it does not exist, or this user may not use it`,
  },
  {
    says: /wrong version number|packet length too long/i,
    hint: () => 'the port does not speak TLS: use amqp:// there, or the port for amqps://',
  },
  {
    says: /closed abruptly during opening handshake|^read ECONNRESET$/i,
    plain: true,
    hint: () => 'is this the port for amqps://?',
  },
]

/**
 * Why no connection came about, in one line, in the driver's own words where it has some. What no other try would mend has the code
 * `INVALID_OPTION`, which is not tried again.
 */
export function refusal(error: unknown, address: BrokerAddress): unknown {
  const message = messageOf(error)
  const { vhost, secure } = partsOf(address)
  const hint = HINTS.find(({ says, plain = false }) => says.test(message) && !(plain && secure))?.hint(vhost)
  const told = hint === undefined ? message : `${message}; ${hint}`
  const code = (error as { code?: unknown } | null | undefined)?.code
  if (PERMANENT.some((holds) => holds({ message, code }))) {
    return new KeelsonError('INVALID_OPTION', told, { cause: error, details: { option: 'url' } })
  }
  return told === (error as Error | undefined)?.message ? error : new Error(told, { cause: error })
}

function partsOf(address: BrokerAddress): { vhost: string; secure: boolean } {
  if (typeof address === 'object') return { vhost: address.vhost ?? '/', secure: address.protocol === 'amqps' }
  const { pathname, protocol } = new URL(address)
  return { vhost: decoded(pathname.slice(1)) || '/', secure: protocol === 'amqps:' }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A name that has several addresses fails with all of their errors, and no words of its own. */
function messageOf(error: unknown): string {
  const { message, errors } = Object(error) as { message?: unknown; errors?: unknown }
  if (typeof message === 'string' && message.trim() !== '') return message.replaceAll(/\s+/g, ' ').trim()
  if (Array.isArray(errors)) return errors.map((each) => messageOf(each)).join('; ')
  return String(error)
}

/** Codes of AMQP for what the application asked wrongly: it may not, or it contradicts what is there. */
const WRONG = [402, 403, 406, 503, 530, 540]

/** What an operation on a channel failed with; one that no other try would mend has the code `INVALID_OPTION`. */
export function refusedOperation(error: unknown, option: string): unknown {
  const { code, message } = Object(error) as Partial<Told>
  const permanent = WRONG.includes(code as number) && !/in exclusive use/.test(String(message))
  return permanent ? new KeelsonError('INVALID_OPTION', String(message), { cause: error, details: { option } }) : error
}

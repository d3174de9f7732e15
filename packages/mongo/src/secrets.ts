import { inspect } from 'node:util'

/** Shorter secrets are masked only as part of their connection string: they would match inside ordinary words. */
const SHORTEST = 4
const SECRET_PARAMETERS = ['tlsCertificateKeyFilePassword', 'proxyPassword']

/** Masks the credentials of a connection string, and of the options beside it, in errors. */
export class Secrets {
  readonly #words: readonly string[]

  constructor(url: string, options: object = {}) {
    const words = [...wordsOfUrl(url), ...wordsOfOptions(options)]
    this.#words = [...new Set(words)].sort((a, b) => b.length - a.length)
  }

  /** The error itself when neither it nor its causes contain a secret; otherwise a copy that is masked and has no cause. */
  hide(error: unknown): unknown {
    if (!this.#words.some((word) => shown(error).includes(word))) return error
    const { name, message, code } =
      error instanceof Error ? (error as Error & { code?: unknown }) : { name: 'Error', message: shown(error), code: undefined }
    const hidden: Error & { code?: unknown } = new Error(this.#strip(message))
    hidden.name = name
    if (typeof code === 'string' || typeof code === 'number') hidden.code = code
    return hidden
  }

  #strip(text: string): string {
    return this.#words.reduce((rest, word) => rest.replaceAll(word, '***'), text)
  }
}

function shown(error: unknown): string {
  const text = inspect(error, { depth: 10, maxStringLength: null, maxArrayLength: null, breakLength: Infinity })
  return error instanceof Error ? `${error.message} ${text}` : text
}

/** Also for strings that the driver cannot parse: it quotes those in its errors. */
function wordsOfUrl(url: string): string[] {
  const scheme = url.indexOf('://')
  const start = scheme < 0 ? 0 : scheme + 3
  const words: string[] = []
  // Any @ may end the password: an unencoded password may contain some, and so may a parameter.
  for (let at = url.indexOf('@', start + 1); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    words.push(`${userInfo}@`, ...variants(afterColon(userInfo)))
  }
  if (words.length === 0) {
    // A name and a password without a host look like a host and its port.
    const [hosts = ''] = url.slice(start).split(/[/?]/)
    const ports = hosts.split(',').map((host) => (host.startsWith('[') ? '' : afterColon(host)))
    words.push(...ports.filter((port) => !/^\d+$/.test(port)).flatMap(variants))
  }
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  for (const name of SECRET_PARAMETERS) words.push(...variants(query.get(name) ?? ''))
  for (const property of query.get('authMechanismProperties')?.split(',') ?? []) {
    words.push(...variants(afterColon(property)))
  }
  return words
}

type Fields = Record<string, unknown>

function wordsOfOptions(options: object): string[] {
  const { auth, authMechanismProperties, pass, passphrase, proxyPassword, tlsCertificateKeyFilePassword } = options as Fields
  const password = (auth as Fields | undefined)?.password
  const token = (authMechanismProperties as Fields | undefined)?.AWS_SESSION_TOKEN
  const secrets = [password, token, pass, passphrase, proxyPassword, tlsCertificateKeyFilePassword]
  return secrets.flatMap((secret) => (typeof secret === 'string' ? variants(secret) : []))
}

function afterColon(text: string): string {
  const colon = text.indexOf(':')
  return colon < 0 ? '' : text.slice(colon + 1)
}

/** The secret as written, decoded and encoded: an error may quote any of them. */
function variants(secret: string): string[] {
  let decoded = secret
  try {
    decoded = decodeURIComponent(secret)
  } catch {
    // Not percent-encoded.
  }
  return [secret, decoded, encodeURIComponent(decoded)].filter((variant) => variant.length >= SHORTEST)
}

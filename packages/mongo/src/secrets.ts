import { inspect } from 'node:util'

/** A shorter secret is only hidden where it stands in its connection string: it may be part of any word. */
const SHORTEST = 4
const SECRET_PARAMETERS = ['tlsCertificateKeyFilePassword', 'proxyPassword']

/** What must never show in an error: the credentials of one connection string and of the options beside it. */
export class Secrets {
  readonly #words: readonly string[]

  constructor(url: string, options: object = {}) {
    const words = [...wordsOfUrl(url), ...wordsOfOptions(options)]
    this.#words = [...new Set(words)].sort((a, b) => b.length - a.length)
  }

  /** The error itself when it says nothing secret, its causes included; else one in its place that names no cause. */
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

/** Works on strings the driver could not parse as well: those are the ones it quotes. */
function wordsOfUrl(url: string): string[] {
  const scheme = url.indexOf('://')
  const start = scheme < 0 ? 0 : scheme + 3
  const words: string[] = []
  // Any of them may end the password: one that was not encoded holds some itself, and so may a parameter.
  for (let at = url.indexOf('@', start + 1); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    words.push(`${userInfo}@`, ...variants(afterColon(userInfo)))
  }
  if (words.length === 0) {
    // A name and a password with no host after them are taken for a host and its port.
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

/** As it is written, decoded and encoded: an error may quote any of these. */
function variants(secret: string): string[] {
  let decoded = secret
  try {
    decoded = decodeURIComponent(secret)
  } catch {
    // Not percent-encoded: there is only one form.
  }
  return [secret, decoded, encodeURIComponent(decoded)].filter((variant) => variant.length >= SHORTEST)
}

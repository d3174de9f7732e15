import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'

const SECRET_PARAMETERS = ['tlsCertificateKeyFilePassword', 'proxyPassword']

/** Masks the credentials of a connection string, and of the options beside it, in errors. */
export class Secrets {
  readonly #known: KnownSecrets

  constructor(url: string, options: object = {}) {
    this.#known = knownSecrets([...wordsOfUrl(url), ...wordsOfOptions(options)])
  }

  /** The error itself when neither it nor its causes contain a secret; otherwise a copy that is masked and has no cause. */
  hide(error: unknown): unknown {
    return this.#known.hide(error)
  }
}

/** Also for strings that the driver cannot parse: it quotes those in its errors. */
function wordsOfUrl(url: string): string[] {
  const scheme = url.indexOf('://')
  const start = scheme < 0 ? 0 : scheme + 3
  const words: string[] = []
  // Any @ may end the password: an unencoded password may contain some, and so may a parameter.
  for (let at = url.indexOf('@', start + 1); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    words.push(`${userInfo}@`, afterColon(userInfo))
  }
  if (words.length === 0) {
    // A name and a password without a host look like a host and its port.
    const [hosts = ''] = url.slice(start).split(/[/?]/)
    const ports = hosts.split(',').map((host) => (host.startsWith('[') ? '' : afterColon(host)))
    words.push(...ports.filter((port) => !/^\d+$/.test(port)))
  }
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  for (const name of SECRET_PARAMETERS) words.push(query.get(name) ?? '')
  for (const property of query.get('authMechanismProperties')?.split(',') ?? []) {
    words.push(afterColon(property))
  }
  return words
}

type Fields = Record<string, unknown>

function wordsOfOptions(options: object): string[] {
  const { auth, authMechanismProperties, pass, passphrase, proxyPassword, tlsCertificateKeyFilePassword } = options as Fields
  const password = (auth as Fields | undefined)?.password
  const token = (authMechanismProperties as Fields | undefined)?.AWS_SESSION_TOKEN
  const secrets = [password, token, pass, passphrase, proxyPassword, tlsCertificateKeyFilePassword]
  return secrets.filter((secret) => typeof secret === 'string')
}

function afterColon(text: string): string {
  const colon = text.indexOf(':')
  return colon < 0 ? '' : text.slice(colon + 1)
}

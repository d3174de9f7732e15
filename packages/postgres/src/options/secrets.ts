import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'

/** Masks the credentials of a connection string, of the options beside it, and of the environment, in errors. */
export class Secrets {
  readonly #known: KnownSecrets

  constructor(url: string | undefined, options: object = {}) {
    this.#known = knownSecrets([...wordsOfUrl(url ?? ''), ...wordsOfOptions(options)])
  }

  /** The error itself when neither it nor its causes contain a secret; otherwise a copy that is masked and has no cause. */
  hide(error: unknown): unknown {
    return this.#known.hide(error)
  }
}

/** Also for strings that a driver cannot parse. */
function wordsOfUrl(url: string): string[] {
  const start = url.indexOf('://') + 3
  const words: string[] = []
  // Any @ may end the password: an unencoded one may contain some.
  for (let at = url.indexOf('@', start + 1); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    const colon = userInfo.indexOf(':')
    if (colon >= 0) words.push(userInfo.slice(colon + 1), `${userInfo}@`)
  }
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  for (const name of ['password', 'sslpassword']) words.push(query.get(name) ?? '')
  return words
}

type Fields = Record<string, unknown>

function wordsOfOptions(options: object): unknown[] {
  const { password, pass, ssl, connectionString } = options as Fields
  const { key, passphrase } = Object(ssl) as Fields
  const url = typeof connectionString === 'string' ? wordsOfUrl(connectionString) : []
  return [password, pass, key, passphrase, process.env.PGPASSWORD, ...url]
}

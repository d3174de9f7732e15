import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'

const SECRETS = ['password', 'sentinelPassword', 'passphrase', 'key', 'pfx']

/** What is secret in a connection string, and in the options of a client beside it. */
export function secretsOf(url: string | undefined, options: unknown): KnownSecrets {
  return knownSecrets([...passwordsOf(url ?? ''), ...secretsAmong(options)])
}

/** Also of strings that no client can parse: any @ may end a password that is not encoded. */
function passwordsOf(url: string): string[] {
  const scheme = url.indexOf('://')
  const start = scheme < 0 ? 0 : scheme + 3
  const words: string[] = []
  for (let at = url.indexOf('@', start); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    const colon = userInfo.indexOf(':')
    words.push(`${userInfo}@`, colon < 0 ? '' : userInfo.slice(colon + 1))
  }
  words.push(new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('password') ?? '')
  return words
}

/** Of a client, too: its `options` are what it was made with. */
function secretsAmong(options: unknown): unknown[] {
  const { url, redisOptions, tls, options: made, ...rest } = Object(options) as Record<string, unknown>
  const own = SECRETS.map((key) => rest[key])
  const nested = [redisOptions, tls, made].filter((each) => typeof each === 'object' && each !== null)
  return [...own, ...(typeof url === 'string' ? passwordsOf(url) : []), ...nested.flatMap(secretsAmong)]
}

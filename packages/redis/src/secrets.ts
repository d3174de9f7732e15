import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'

const SECRET = /^(pass|password|passphrase|sentinelPassword|key)$/i
/** How deep options are searched: `rootNodes[0].socket.passphrase` is three levels down. */
const DEPTH = 4

/** Masks the credentials among URLs and options of a driver in errors. */
export function secretsOf(...sources: readonly unknown[]): KnownSecrets {
  return knownSecrets(sources.flatMap((source) => words(source, DEPTH)))
}

function words(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return wordsOfUrl(value)
  if (typeof value !== 'object' || value === null || depth === 0 || ArrayBuffer.isView(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (SECRET.test(key) && typeof inner === 'string') return [inner]
    if (typeof inner === 'string' && key !== 'url' && !Array.isArray(value)) return []
    return words(inner, depth - 1)
  })
}

/** Also of what the driver cannot parse: it may quote that in its error. */
function wordsOfUrl(url: string): string[] {
  const scheme = url.indexOf('://')
  const start = scheme < 0 ? 0 : scheme + 3
  const found: string[] = []
  // Any @ may end the password: one that is not encoded may contain some.
  for (let at = url.indexOf('@', start); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    found.push(`${userInfo}@`, userInfo.slice(userInfo.indexOf(':') + 1))
  }
  return found
}

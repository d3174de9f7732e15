import { type KnownSecrets, knownSecrets } from '@keelson/kernel/redact'
import type { BrokerAddress } from './connection-url.js'

type Fields = Readonly<Record<string, unknown>>

/** A redactor that knows the credentials of an address and of the options beside it. */
export function secretsOf(address: BrokerAddress, options: object = {}): KnownSecrets {
  const { passphrase, credentials } = options as Fields
  const { password } = (credentials ?? {}) as Fields
  const ofAddress = typeof address === 'string' ? wordsOfUrl(address) : [(address as Fields).password]
  return knownSecrets([...ofAddress, passphrase, password])
}

/** Any @ may end a password that is not encoded, and so may one in what follows. */
function wordsOfUrl(url: string): string[] {
  const start = url.indexOf('://') + 3
  const words: string[] = []
  for (let at = url.indexOf('@', start); at >= 0; at = url.indexOf('@', at + 1)) {
    const userInfo = url.slice(start, at)
    const colon = userInfo.indexOf(':')
    words.push(`${userInfo}@`, colon < 0 ? '' : userInfo.slice(colon + 1))
  }
  return words
}

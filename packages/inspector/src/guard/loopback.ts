import { isIP } from 'node:net'

/** Whether an address is of this machine. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/%.*$/, '')
  if (isIP(plain) === 4) return plain.startsWith('127.')
  return isIP(plain) === 6 && (plain === '::1' || /^::ffff:127\./.test(plain))
}

/** Whether a host name stays on this machine: names below `localhost` do (RFC 6761 §6.3). */
export function isLoopbackName(name: string): boolean {
  return isLoopbackAddress(name) || name === 'localhost' || name.endsWith('.localhost')
}

/** The name or address in `host[:port]`, in lower case and without brackets. */
export function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.trim()) ?? []
  return (bracketed ?? plain ?? host).toLowerCase().replace(/\.$/, '')
}

/** Who is counted as one: an address, or of IPv6 the network that a customer is given. */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (isIP(plain) !== 6) return plain
  const [head = ''] = plain.split('%')
  const left = (head.split('::')[0] ?? '').split(':')
  return `${[...left, '0', '0', '0', '0']
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '') || '0')
    .join(':')}::/64`
}

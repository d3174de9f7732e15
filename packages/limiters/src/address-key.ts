import { isIPv6 } from 'node:net'

/** One IPv6 client has at least this many bits of addresses for itself: whoever counts each counts nobody. */
export const IPV6_PREFIX = 64

/** The first six groups of addresses that stand for IPv4 ones: mapped ones, and those that translators make (RFC 6052). */
const IPV4_IN = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']

/**
 * The key under which a client's address is counted: an IPv4 address as it is, also where it is written as IPv6, and of an IPv6
 * address the first `ipv6Prefix` bits, since one client has all addresses behind them. Ports and zones are left out; what is no
 * address stays as it is.
 *
 * @example
 * addressKey('2001:db8:1:2:3:4:5:6') // '2001:db8:1:2:0:0:0:0/64'
 * addressKey('::ffff:10.0.0.1') // '10.0.0.1'
 */
export function addressKey(address: string, ipv6Prefix: number = IPV6_PREFIX): string {
  const bare = withoutPort(address).replace(/%.*$/s, '')
  if (!isIPv6(bare)) return bare
  const groups = groupsOf(bare)
  const [high = 0, low = 0] = groups.slice(6)
  if (IPV4_IN.includes(textOf(groups.slice(0, 6)))) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${textOf(groups.map((group, n) => group & maskOf(ipv6Prefix - 16 * n)))}/${ipv6Prefix}`
}

/** Some proxies send `1.2.3.4:567` and `[::1]:567`. */
function withoutPort(address: string): string {
  const [, ipv4, ipv6] = /^(?:(\d+\.\d+\.\d+\.\d+)|\[([\da-f:.%\w]+)\])(?::\d+)?$/i.exec(address) ?? []
  return ipv4 ?? ipv6 ?? address
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = [], tail] = address.split('::').map((part) => part.split(':').filter(Boolean).flatMap(numbersOf))
  if (tail === undefined) return head
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

/** A group in hexadecimal, or the two groups of an IPv4 address at the end. */
function numbersOf(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)]
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

/** The first `bits` of 16. */
function maskOf(bits: number): number {
  const kept = Math.max(0, Math.min(16, bits))
  return (0xffff << (16 - kept)) & 0xffff
}

function textOf(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':')
}

import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether an address leads nowhere but to this machine; one of IPv4 may be written as IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whether nobody but this machine reaches a server that listens at this host; names are believed only where they are `localhost`. */
export function isLoopbackHost(host: string): boolean {
  const name = hostOf(host)
  return name !== undefined && (name === 'localhost' || isLoopbackAddress(name))
}

/** Of `name:port`, as a browser reads it: in lower case, numbers in whatever notation as an address. */
export function hostOf(host: string): string | undefined {
  for (const url of [`http://${host}/`, `http://[${host}]/`]) {
    if (URL.canParse(url) && new URL(url).pathname === '/' && new URL(url).username === '') return bareHost(new URL(url).hostname)
  }
  return undefined
}

/** Without the brackets of an IPv6 address and the dot at the end of a name. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

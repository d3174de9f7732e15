import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')
/** Nobody has these addresses; whoever connects to one reaches this machine. */
const UNSPECIFIED = ['0.0.0.0', '::']

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

/** Says why a request is refused; undefined when it is not. */
export type RequestCheck = (req: Pick<IncomingMessage, 'headers' | 'socket'>) => string | undefined

/**
 * Only web pages of this machine may use what it serves, and of others those of the names that are allowed: MCP asks for that. The
 * origin of a page is always checked. The host that is asked for is checked where a request arrives on the loopback interface,
 * whatever address was written to listen there: nobody but a page whose name was made to point here asks for another one.
 */
export function localPages(allowed: readonly string[]): RequestCheck {
  const names = new Set(allowed.map(hostOf))
  const isOurs = (host: string | undefined) => host !== undefined && (isLocalName(host) || names.has(host))
  return lastRemembered((localAddress, host, origin) => {
    const from = origin !== undefined && URL.canParse(origin) ? new URL(origin).hostname : undefined
    if (origin !== undefined && !isOurs(from && bare(from))) return invalid('Origin', origin)
    const arrivedHere = localAddress === undefined || isLoopbackAddress(localAddress)
    return arrivedHere && !isOurs(hostOf(host)) ? invalid('Host', host) : undefined
  })
}

/** Most requests ask for the same as the one before: what names and addresses mean takes as long as the rest of a request. */
function lastRemembered(check: (...asked: [string | undefined, string, string | undefined]) => string | undefined): RequestCheck {
  let last: { address: string | undefined; host: string; origin: string | undefined; refusal: string | undefined } | undefined
  return ({ headers: { host = '', origin }, socket: { localAddress: address } }) => {
    if (last?.address !== address || last?.host !== host || last?.origin !== origin) {
      last = { address, host, origin, refusal: check(address, host, origin) }
    }
    return last?.refusal
  }
}

function invalid(header: string, value: string): string {
  return `Invalid ${header}: ${value.slice(0, 200)}`
}

/** A name of this machine for itself, as `hostOf` writes it. */
function isLocalName(host: string): boolean {
  return /^(.+\.)?localhost$/.test(host) || UNSPECIFIED.includes(host) || isLoopbackAddress(host)
}

/** Of `name:port`, as a browser reads it: in lower case, numbers in whatever notation as an address. */
function hostOf(host: string): string | undefined {
  for (const url of [`http://${host}/`, `http://[${host}]/`]) {
    if (URL.canParse(url) && new URL(url).pathname === '/' && new URL(url).username === '') return bare(new URL(url).hostname)
  }
  return undefined
}

/** Without the brackets of an IPv6 address and the dot at the end of a name. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

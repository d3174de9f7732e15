import type { IncomingMessage } from 'node:http'
import { bareHost, hostOf, isLoopbackAddress } from '../config/loopback.js'

/** Nobody has these addresses; whoever connects to one reaches this machine. */
const UNSPECIFIED = ['0.0.0.0', '::']

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
    if (origin !== undefined && !isOurs(from && bareHost(from))) return invalid('Origin', origin)
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

import type { AddressInfo, Server } from 'node:net'
import { hostName, isLoopback } from './loopback.js'
import type { ProbeRequest } from './probe-request.js'
import { requestHost } from './request-path.js'

/**
 * Whether a request to a server that is bound to the loopback names another host: a page in a browser of this machine whose own
 * name was made to point here (DNS rebinding), and which could read the answer. Browsers always say the host; a request without
 * one is not from them.
 */
export function isRebound(req: ProbeRequest, hosts: ReadonlySet<string>): boolean {
  const header = 'authority' in req && req.authority ? req.authority : req.headers.host
  const host = requestHost(req.url ?? '', header)
  if (host === undefined) return false
  const name = hostName(host)
  return !isLoopback(name) && !hosts.has(name) && isBoundToLoopback(req)
}

function isBoundToLoopback({ socket }: ProbeRequest): boolean {
  const { server } = socket as { server?: Partial<Pick<Server, 'address'>> }
  const address = server?.address?.() as AddressInfo | string | null | undefined
  return typeof address === 'object' && address !== null && isLoopback(address.address)
}

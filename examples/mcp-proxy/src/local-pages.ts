import { localhostHostValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js'
import type { RequestHandler } from 'express'

/** The names of this machine for itself. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/** Whether a name leads nowhere but to this machine; of a URL, an IPv6 address is in brackets. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host.replace(/^\[(.*)\]$/, '$1'))
}

/** Of web pages, only those of this machine may use what listens on its loopback interface: MCP asks for that. */
export function localPages(): RequestHandler[] {
  // A page whose name was made to point here has an origin that looks like the host.
  return [localhostHostValidation(), localOrigin]
}

/** A page from elsewhere cannot read the answers, but could send requests. */
const localOrigin: RequestHandler = ({ headers: { origin } }, res, next) => {
  if (origin === undefined || (URL.canParse(origin) && isLoopback(new URL(origin).hostname))) return next()
  res.status(403).json({ jsonrpc: '2.0', error: { code: -32000, message: `Invalid Origin: ${origin}` }, id: null })
}

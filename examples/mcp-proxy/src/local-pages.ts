import { localhostHostValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js'
import type { RequestHandler } from 'express'

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])$/

/** Of web pages, only those of this machine may use what listens on its loopback interface: MCP asks for that. */
export function localPages(): RequestHandler[] {
  // A page whose name was made to point here has an origin that looks like the host.
  return [localhostHostValidation(), localOrigin]
}

/** A page from elsewhere cannot read the answers, but could send requests. */
const localOrigin: RequestHandler = ({ headers: { origin } }, res, next) => {
  if (origin === undefined || (URL.canParse(origin) && LOCAL.test(new URL(origin).hostname))) return next()
  res.status(403).json({ jsonrpc: '2.0', error: { code: -32000, message: `Invalid Origin: ${origin}` }, id: null })
}

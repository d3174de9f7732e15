import type { IncomingMessage } from 'node:http'
import { bearerToken } from './bearer-token.js'
import type { OAuth } from './oauth.js'
import { staticTokens } from './static-tokens.js'
import type { Verdict } from './verdict.js'

/** Says of a request whose it is, or why nobody's. */
export type Gate = (req: Pick<IncomingMessage, 'headers'>) => Verdict | Promise<Verdict>

/** Nobody is asked where there is nothing to ask for: then whoever reaches the proxy is the same to it. */
const ANYBODY: Verdict = { owner: 'anybody' }

/** Takes one of these tokens, or, with OAuth, an access token. */
export function gate(tokens: readonly string[], oauth?: OAuth): Gate {
  if (tokens.length === 0 && oauth === undefined) return () => ANYBODY
  const ownerOf = staticTokens(tokens)
  return ({ headers: { authorization } }) => {
    const token = bearerToken(authorization)
    const owner = token === undefined ? undefined : ownerOf(token)
    if (owner !== undefined) return { owner }
    if (oauth !== undefined) return oauth.verdict(token, authorization !== undefined)
    const challenge = authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"'
    return { status: 401, message: 'a valid bearer token is needed', challenge }
  }
}

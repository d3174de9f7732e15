import type { OAuthOptions } from '../config/oauth-options.js'
import { type AccessToken, accessToken, InvalidToken, Unreachable } from './access-token.js'
import { boundedJson } from './bounded-json.js'
import type { TokenVerifier } from './token-verifier.js'

/** How many questions are open at the authorization server at once: who invents tokens must not flood it. */
const AT_ONCE = 32

/** Asks the authorization server about each token (RFC 7662). */
export class Introspection implements TokenVerifier {
  readonly #options: OAuthOptions
  #open = 0

  constructor(options: OAuthOptions) {
    this.#options = options
  }

  async verify(token: string): Promise<AccessToken> {
    const { authorizationServers, resource, clockTolerance } = this.#options
    const answer = await this.#ask(token)
    const { active, iss, aud, exp, nbf } = answer
    if (active !== true) throw new InvalidToken('it is not active')
    const [issuer = ''] = authorizationServers
    if (iss !== undefined && iss !== issuer) throw new InvalidToken('its issuer is not one of the authorization servers')
    const now = Date.now()
    if (typeof exp === 'number' && exp * 1_000 + clockTolerance <= now) throw new InvalidToken('it has expired')
    if (typeof nbf === 'number' && nbf * 1_000 - clockTolerance > now) throw new InvalidToken('its nbf is not valid')
    const audiences = Array.isArray(aud) ? aud : [aud]
    const isMeant = audiences.some((each) => typeof each === 'string' && bare(each) === bare(resource))
    if (!isMeant) throw new InvalidToken('it is not meant for this resource')
    return accessToken(issuer, answer)
  }

  async #ask(token: string): Promise<Record<string, unknown>> {
    const { url, clientId, clientSecret } = this.#options.introspection!
    if (this.#open >= AT_ONCE) throw new Unreachable(`${url}: ${AT_ONCE} questions are open there already`)
    this.#open++
    try {
      const credentials = [clientId, clientSecret].map((part) => encodeURIComponent(part)).join(':')
      return await boundedJson(url, {
        method: 'POST',
        headers: { accept: 'application/json', authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      })
    } finally {
      this.#open--
    }
  }
}

function bare(resource: string): string {
  return resource.replace(/\/$/, '')
}

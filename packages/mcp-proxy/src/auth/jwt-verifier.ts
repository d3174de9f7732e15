import type { errors, JWTVerifyGetKey } from 'jose'
import type { OAuthOptions } from '../config/oauth-options.js'
import { type AccessToken, accessToken, InvalidToken, Unreachable } from './access-token.js'
import { boundedFetch } from './bounded-json.js'
import { KeySource } from './key-source.js'
import type { TokenVerifier } from './token-verifier.js'

/** Signatures of a key pair: with a shared secret whoever can verify could sign, and `none` is none. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Keys are asked for again after so long, and at most so often for one that is not among them, in ms. */
const KEYS_AGE = 600_000
const KEYS_PAUSE = 30_000
/** After they could not be had they are asked for again so much later, in ms. Those that are known are good meanwhile. */
const FAILED_PAUSE = 5_000

type Jose = typeof import('jose')

/** Access tokens that are signed by one of the authorization servers, with keys that it publishes (RFC 9068, RFC 7517). */
export class JwtVerifier implements TokenVerifier {
  readonly #options: OAuthOptions
  /** By issuer. */
  readonly #sources: ReadonlyMap<string, KeySource>
  readonly #keys = new Map<string, JWTVerifyGetKey>()
  #jose: Promise<Jose> | undefined

  constructor(options: OAuthOptions) {
    this.#options = options
    this.#sources = new Map(options.authorizationServers.map((issuer) => [issuer, new KeySource(issuer, options.jwks)]))
  }

  async verify(token: string): Promise<AccessToken> {
    this.#jose ??= import('jose')
    const jose = await this.#jose
    const issuer = claimedIssuer(jose, token)
    const source = this.#sources.get(issuer)
    if (source === undefined) throw new InvalidToken('its issuer is not one of the authorization servers')
    const { resource, clockTolerance } = this.#options
    try {
      const { payload } = await jose.jwtVerify(token, await this.#keysOf(jose, issuer, source), {
        algorithms: ALGORITHMS,
        issuer,
        audience: spellings(resource),
        clockTolerance: clockTolerance / 1_000,
        requiredClaims: ['exp'],
      })
      return accessToken(issuer, payload)
    } catch (error) {
      if (error instanceof jose.errors.JOSEError) throw new InvalidToken(reasonOf(error), { cause: error })
      throw error
    }
  }

  async #keysOf(jose: Jose, issuer: string, source: KeySource): Promise<JWTVerifyGetKey> {
    const known = this.#keys.get(issuer)
    if (known !== undefined) return known
    const remote = jose.createRemoteJWKSet(await source.url(), {
      cacheMaxAge: KEYS_AGE,
      cooldownDuration: KEYS_PAUSE,
      [jose.customFetch]: (url, init) => boundedFetch(url, init as RequestInit),
    })
    const { JWKSMultipleMatchingKeys, JWKSNoMatchingKey, JOSENotSupported } = jose.errors
    let failedAt = Number.NEGATIVE_INFINITY
    const keys: JWTVerifyGetKey = async (header, input) => {
      try {
        if (performance.now() - failedAt < FAILED_PAUSE) {
          const known = remote.fresh ? remote.jwks() : undefined
          if (known === undefined) throw new Error('they could not be had a moment ago')
          return await jose.createLocalJWKSet(known)(header, input)
        }
        return await remote(header, input)
      } catch (error) {
        const isOfToken = [JWKSMultipleMatchingKeys, JWKSNoMatchingKey, JOSENotSupported].some((kind) => error instanceof kind)
        if (isOfToken) throw error
        if (performance.now() - failedAt >= FAILED_PAUSE) failedAt = performance.now()
        throw new Unreachable(`the keys of ${issuer}: ${(error as Error).message}`, { cause: error })
      }
    }
    this.#keys.set(issuer, keys)
    return keys
  }
}

/** The same URL with and without a slash at its end. */
function spellings(resource: string): string[] {
  const bare = resource.replace(/\/$/, '')
  return [bare, `${bare}/`]
}

/** Believed only to choose the keys that it has to be signed with. */
function claimedIssuer({ decodeJwt }: Jose, token: string): string {
  try {
    return String(decodeJwt(token).iss)
  } catch (cause) {
    throw new InvalidToken('it is no signed JSON Web Token', { cause })
  }
}

/** Nothing of the token itself. */
function reasonOf({ code, ...error }: errors.JOSEError): string {
  if (code === 'ERR_JWT_EXPIRED') return 'it has expired'
  if (code === 'ERR_JWKS_NO_MATCHING_KEY') return 'its key is not one of its issuer'
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') {
    const { claim } = error as Partial<errors.JWTClaimValidationFailed>
    return claim === 'aud' ? 'it is not meant for this resource' : `its ${claim} is not valid`
  }
  return 'its signature is not valid'
}

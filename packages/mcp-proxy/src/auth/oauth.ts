import { redact } from '@keelson/kernel/redact'
import type { OAuthOptions } from '../config/oauth-options.js'
import { say } from '../say.js'
import { InvalidToken, ownerOf, Unreachable } from './access-token.js'
import { Introspection } from './introspection.js'
import { JwtVerifier } from './jwt-verifier.js'
import type { ResourceMetadata } from './resource-metadata.js'
import { TokenMemory } from './token-memory.js'
import type { TokenVerifier } from './token-verifier.js'
import type { Refused, Verdict } from './verdict.js'

/** It is said at most so often that an authorization server is away, in ms. */
const REPEAT = 60_000

/** The proxy as a resource server of OAuth 2.1: it takes access tokens that are meant for it, and passes none of them on. */
export class OAuth {
  readonly #verifier: TokenVerifier
  readonly #scopes: readonly string[]
  readonly #clockTolerance: number
  /** What every challenge says: where to get a token, and for what. */
  readonly #guidance: string
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(options: OAuthOptions, { url }: ResourceMetadata) {
    this.#verifier = new TokenMemory(options.introspection === undefined ? new JwtVerifier(options) : new Introspection(options))
    this.#scopes = options.scopes
    this.#clockTolerance = options.clockTolerance
    const scope = options.scopes.length === 0 ? '' : `, scope="${options.scopes.join(' ')}"`
    this.#guidance = `resource_metadata="${url}"${scope}`
  }

  /** @param hasTried whether it came with credentials, whatever these were. */
  async verdict(token: string | undefined, hasTried: boolean): Promise<Verdict> {
    if (token === undefined) return this.#unauthorized(hasTried ? 'it is no bearer token that could be one' : undefined)
    try {
      const verified = await this.#verifier.verify(token)
      const missing = this.#scopes.filter((scope) => !verified.scopes.includes(scope))
      if (missing.length > 0) return this.#insufficient()
      const { expires } = verified
      return { owner: ownerOf(verified), ...(expires !== undefined && { until: expires + this.#clockTolerance }) }
    } catch (error) {
      if (error instanceof InvalidToken) return this.#unauthorized(error.message)
      this.#tell(error as Error)
      return { status: 503, message: 'the token could not be verified; try again later' }
    }
  }

  #unauthorized(why: string | undefined): Refused {
    const error = why === undefined ? '' : `error="invalid_token", error_description="${why}", `
    const message = why === undefined ? 'an access token is needed' : `the access token is not valid: ${why}`
    return { status: 401, message, challenge: `Bearer ${error}${this.#guidance}` }
  }

  #insufficient(): Refused {
    const message = `the access token needs the scopes ${this.#scopes.join(' ')}`
    return { status: 403, message, challenge: `Bearer error="insufficient_scope", ${this.#guidance}` }
  }

  /** Nobody is let in meanwhile; the operator has to learn why. */
  #tell(error: Error): void {
    if (performance.now() - this.#saidAt < REPEAT) return
    this.#saidAt = performance.now()
    const what = error instanceof Unreachable ? error.message : `unexpected: ${error.message}`
    say(`access tokens cannot be verified: ${redact(what)}`)
  }
}

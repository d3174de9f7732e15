import { isEndpoint } from '../config/oauth-options.js'
import { Unreachable } from './access-token.js'
import { boundedJson } from './bounded-json.js'

/** After a failed look for the metadata of an issuer the next one is made so much later, in ms. */
const PAUSE = 5_000

/** Where an issuer has its keys: as it was told, or as the metadata of the issuer say, which are looked for when the first token comes. */
export class KeySource {
  readonly #issuer: string
  readonly #given: string | undefined
  #found: Promise<URL> | undefined
  #failedAt = Number.NEGATIVE_INFINITY

  constructor(issuer: string, given?: string) {
    this.#issuer = issuer
    this.#given = given
  }

  /** @throws Unreachable when there are no metadata that can be used. */
  url(): Promise<URL> {
    if (this.#given !== undefined) return Promise.resolve(new URL(this.#given))
    this.#found ??= this.#look()
    return this.#found
  }

  async #look(): Promise<URL> {
    try {
      if (performance.now() - this.#failedAt < PAUSE)
        throw new Unreachable(`${this.#issuer}: it could not be reached a moment ago`)
      return await metadataOf(this.#issuer)
    } catch (error) {
      if (performance.now() - this.#failedAt >= PAUSE) this.#failedAt = performance.now()
      this.#found = undefined
      throw error
    }
  }
}

/** RFC 8414 and OpenID Connect Discovery, in the order of the MCP specification. */
async function metadataOf(issuer: string): Promise<URL> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ]
  let failure: unknown
  for (const place of places) {
    try {
      const { issuer: said, jwks_uri: keys } = await boundedJson(place)
      // Whoever can answer for one place of a host is not the issuer of another.
      if (said !== issuer) throw new Unreachable(`${place}: it is of another issuer`)
      if (!isEndpoint(keys)) throw new Unreachable(`${place}: its jwks_uri is no https URL`)
      return new URL(keys)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

import { createHash } from 'node:crypto'
import type { AccessToken } from './access-token.js'
import type { TokenVerifier } from './token-verifier.js'

/** How long an answer is remembered, in ms: so long a token that was revoked may go on. */
const AGE = 60_000
/** How many are remembered; the oldest is forgotten for a new one. */
const MOST = 1_000

interface Remembered {
  readonly token: AccessToken
  readonly until: number
}

/** Verifies a token once a minute, not at each request; keeps digests, not tokens. What is not valid is not remembered. */
export class TokenMemory implements TokenVerifier {
  readonly #verifier: TokenVerifier
  readonly #known = new Map<string, Remembered>()
  readonly #asking = new Map<string, Promise<AccessToken>>()

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier
  }

  verify(token: string): Promise<AccessToken> {
    const key = createHash('sha256').update(token).digest('base64')
    const known = this.#known.get(key)
    if (known !== undefined && Date.now() < known.until) return Promise.resolve(known.token)
    this.#known.delete(key)
    // Requests that come together are one question.
    const asking = this.#asking.get(key) ?? this.#ask(key, token)
    return asking
  }

  #ask(key: string, token: string): Promise<AccessToken> {
    const asking = this.#verifier.verify(token).then((verified) => {
      this.#remember(key, verified)
      return verified
    })
    this.#asking.set(key, asking)
    const over = () => void this.#asking.delete(key)
    asking.then(over, over)
    return asking
  }

  #remember(key: string, token: AccessToken): void {
    this.#known.set(key, { token, until: Math.min(Date.now() + AGE, token.expires ?? Number.POSITIVE_INFINITY) })
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value as string)
  }
}

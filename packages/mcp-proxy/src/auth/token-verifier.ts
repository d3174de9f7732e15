import type { AccessToken } from './access-token.js'

/** Finds out what an access token is. */
export interface TokenVerifier {
  /** @throws InvalidToken when it is not to be taken; Unreachable when that could not be found out. */
  verify(token: string): Promise<AccessToken>
}

/** Whose a request is. */
export interface Admitted {
  /** The same for all requests of one client and user, and not their token. */
  readonly owner: string
  /** When its token is over, in ms since the epoch; undefined: never. */
  readonly until?: number
}

/** Why a request is nobody's, and what its answer tells the client to do about it. */
export interface Refused {
  readonly status: 401 | 403 | 503
  readonly message: string
  /** For `WWW-Authenticate`. */
  readonly challenge?: string
}

export type Verdict = Admitted | Refused

export function isRefused(verdict: Verdict): verdict is Refused {
  return 'status' in verdict
}

import { createHash } from 'node:crypto'

/** What is known of an access token that is valid. */
export interface AccessToken {
  readonly issuer: string
  readonly subject: string | undefined
  /** The client that it was issued to. */
  readonly client: string | undefined
  readonly scopes: readonly string[]
  /** In ms since the epoch; undefined where the authorization server did not say. */
  readonly expires: number | undefined
}

/** A token that is not taken; the message is for its client. */
export class InvalidToken extends Error {}

/** An authorization server that could not be asked; the message is for the operator. */
export class Unreachable extends Error {}

/** Who the token is of: the same after it was refreshed, another one for another user, client or issuer. */
export function ownerOf({ issuer, subject, client }: AccessToken): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject ?? null, client ?? null]))
    .digest('hex')
}

/**
 * From the claims of a token, or of an answer about one.
 *
 * @throws InvalidToken when it does not say whose it is.
 */
export function accessToken(issuer: string, claims: Readonly<Record<string, unknown>>): AccessToken {
  const { sub, client_id, azp, exp, scope, scp } = claims
  const subject = textOf(sub)
  const client = textOf(client_id) ?? textOf(azp)
  if (subject === undefined && client === undefined) throw new InvalidToken('it does not say whose it is')
  const expires = typeof exp === 'number' && Number.isFinite(exp) ? exp * 1_000 : undefined
  return { issuer, subject, client, scopes: scopesOf(scope ?? scp), expires }
}

/** Some authorization servers write `scp`, and a list. */
function scopesOf(scope: unknown): string[] {
  const all = Array.isArray(scope) ? scope : typeof scope === 'string' ? scope.split(' ') : []
  return all.filter((each): each is string => typeof each === 'string' && each !== '')
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined
}

/** A token that is longer is none: what is looked at costs time. Heads are at most 16 KiB. */
const LONGEST = 8_192

/** The token of an `Authorization` header, if it is one of a bearer that may be looked at. */
export function bearerToken(authorization = ''): string | undefined {
  if (authorization.length > LONGEST) return undefined
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1]
}

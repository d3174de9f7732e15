import { createHash, timingSafeEqual } from 'node:crypto'

/** Says of a token whose it is: the same for the same token, and not the token; undefined when it is none of these. */
export type StaticTokens = (token: string) => string | undefined

/** Compares in a time that says nothing about the tokens. */
export function staticTokens(tokens: readonly string[]): StaticTokens {
  const known = tokens.map(digest)
  return (given) => {
    const hash = digest(given)
    // All of them, whichever is the right one.
    const found = known.filter((each) => timingSafeEqual(each, hash))
    return found[0]?.toString('hex')
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

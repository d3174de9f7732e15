import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Says of a request whose it is: the same for the same token, and not the token; undefined when it has none that is valid. */
export type Bearer = (req: Pick<IncomingMessage, 'headers'>) => string | undefined

/** Nobody is asked where there are no tokens: then whoever reaches the proxy is the same to it. */
const ANYBODY = 'anybody'

/** Compares in a time that says nothing about the tokens. */
export function bearer(tokens: readonly string[]): Bearer {
  if (tokens.length === 0) return () => ANYBODY
  const known = tokens.map(digest)
  return ({ headers: { authorization = '' } }) => {
    const [, given] = /^bearer +(\S+) *$/i.exec(authorization) ?? []
    if (given === undefined) return undefined
    const hash = digest(given)
    // All of them, whichever is the right one.
    const found = known.filter((each) => timingSafeEqual(each, hash))
    return found[0]?.toString('hex')
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

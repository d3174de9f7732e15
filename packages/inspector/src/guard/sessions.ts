import { randomBytes } from 'node:crypto'
import { now } from '../time.js'
import { digestOf } from './secret.js'

/** In ms: how long a login is good for. */
const AGE = 12 * 60 * 60 * 1_000
/** More logins than these end the oldest. */
const MOST = 64

/** Who has logged in. What is kept of a session is its digest. */
export class Sessions {
  /** When each ends, the oldest first. */
  readonly #ends = new Map<string, number>()

  /** A new one: 128 random bits. */
  begin(): string {
    const id = randomBytes(16).toString('base64url')
    for (const [key, end] of this.#ends) if (end <= now() || this.#ends.size >= MOST) this.#ends.delete(key)
    this.#ends.set(keyOf(id), now() + AGE)
    return id
  }

  has(id: string): boolean {
    const end = this.#ends.get(keyOf(id))
    return end !== undefined && end > now()
  }
}

/** Of a cookie, in seconds. */
export const SESSION_SECONDS = AGE / 1_000

function keyOf(id: string): string {
  return digestOf(id).toString('base64url')
}

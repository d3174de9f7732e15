import { createHash, timingSafeEqual } from 'node:crypto'

/** The digest of a text: what is compared and kept in the place of a secret. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whether it is the secret, in a time that tells nothing of either. */
export function isSecret(given: string, secret: Buffer): boolean {
  return timingSafeEqual(digestOf(given), secret)
}

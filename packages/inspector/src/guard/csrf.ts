import { randomBytes } from 'node:crypto'
import { digestOf, isSecret } from './secret.js'

/** What only somebody knows who could read the page of this inspector. */
export class Csrf {
  readonly text = randomBytes(16).toString('base64url')
  readonly #digest = digestOf(this.text)

  matches(given: string | undefined): boolean {
    return given !== undefined && isSecret(given, this.#digest)
  }
}

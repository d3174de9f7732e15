import { StringDecoder } from 'node:string_decoder'
import { printable } from '@keelson/kernel/redact'
import type { ServerSecrets } from '@keelson/pools'
import { say } from '../say.js'

/** A line that is longer is said in parts, so that one without an end is said, too. */
const LONGEST = 8_192

/**
 * Says what a server says on its own standard error, each line with its name, without the secrets of its config, and without
 * anything that a terminal would obey.
 */
export class ServerVoice {
  readonly #server: string
  readonly #secrets: ServerSecrets
  readonly #say: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #line = ''

  constructor(server: string, secrets: ServerSecrets, sayLine: (line: string) => void = say) {
    this.#server = server
    this.#secrets = secrets
    this.#say = sayLine
  }

  /** Whatever ends in the middle of a line is said with its end: a secret may be cut in two. */
  hear(chunk: Buffer): void {
    const lines = (this.#line + this.#decoder.write(chunk)).split(/\r?\n|\r/)
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#tell(line)
    if (this.#line.length > LONGEST) this.end()
  }

  /** Says what is left without an end. */
  end(): void {
    this.#tell(this.#line)
    this.#line = ''
  }

  #tell(line: string): void {
    for (let text = this.#secrets.redact(line); text.trim() !== ''; text = text.slice(LONGEST)) {
      this.#say(`[${this.#server}] ${printable(text.slice(0, LONGEST))}`)
    }
  }
}

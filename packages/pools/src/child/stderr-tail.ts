import type { Readable } from 'node:stream'
import type { ServerSecrets } from '../server/secrets.js'

/** The number of bytes of standard error that are kept. */
const KEPT = 4_096

/** Reads a stream to its end, so that its writer never blocks, and keeps the last 4 KiB. */
export class StderrTail {
  #chunks: Buffer[] = []
  #length = 0

  readonly #secrets: ServerSecrets

  constructor(stream: Readable, secrets: ServerSecrets, onData?: (chunk: Buffer) => unknown) {
    this.#secrets = secrets
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      this.#keep(chunk)
      try {
        const told = onData?.(chunk)
        if (told instanceof Promise) told.catch(() => {})
      } catch {
        // An error of the log must not affect the child.
      }
    })
  }

  get text(): string {
    const all = Buffer.concat(this.#chunks)
    return all.subarray(Math.max(0, all.length - KEPT)).toString('utf8')
  }

  /** The last three lines, at most 300 characters, with secrets masked. */
  get lastWords(): string {
    return this.#secrets.redact(this.text).trim().split(/\r?\n/).slice(-3).join(' | ').slice(-300)
  }

  #keep(chunk: Buffer): void {
    // A copy, so that the rest of a large chunk can be freed.
    this.#chunks.push(chunk.length > KEPT ? Buffer.from(chunk.subarray(-KEPT)) : chunk)
    this.#length += Math.min(chunk.length, KEPT)
    while (this.#length - this.#chunks[0]!.length >= KEPT) this.#length -= this.#chunks.shift()!.length
  }
}

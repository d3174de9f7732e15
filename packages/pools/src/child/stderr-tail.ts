import type { Readable } from 'node:stream'
import type { Secrets } from '../server/secrets.js'

/** How much of what a child said last is kept, in bytes. */
const KEPT = 4_096

/** Reads a stream to its end, so that its writer never waits, and remembers the last of it. */
export class StderrTail {
  #chunks: Buffer[] = []
  #length = 0

  readonly #secrets: Secrets

  constructor(stream: Readable, secrets: Secrets, onData?: (chunk: Buffer) => unknown) {
    this.#secrets = secrets
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      this.#keep(chunk)
      try {
        const told = onData?.(chunk)
        if (told instanceof Promise) told.catch(() => {})
      } catch {
        // A log that fails must not end the process whose log it is.
      }
    })
  }

  get text(): string {
    const all = Buffer.concat(this.#chunks)
    return all.subarray(Math.max(0, all.length - KEPT)).toString('utf8')
  }

  /** The last lines, for a message, without secrets. */
  get lastWords(): string {
    return this.#secrets.in(this.text).trim().split(/\r?\n/).slice(-3).join(' | ').slice(-300)
  }

  #keep(chunk: Buffer): void {
    // A copy of the end, so that the rest of a large chunk is not held on to.
    this.#chunks.push(chunk.length > KEPT ? Buffer.from(chunk.subarray(-KEPT)) : chunk)
    this.#length += Math.min(chunk.length, KEPT)
    while (this.#length - this.#chunks[0]!.length >= KEPT) this.#length -= this.#chunks.shift()!.length
  }
}

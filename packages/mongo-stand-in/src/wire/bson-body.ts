import { deserialize } from 'bson'
import type { Document } from '../document.js'

/** A cursor over a message body. Every read past the end throws, which ends the connection that sent it. */
export class BsonBody {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes.readUInt8(this.#at)
    this.#at += 1
    return value
  }

  int32(): number {
    const value = this.#bytes.readInt32LE(this.#at)
    this.#at += 4
    return value
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end < 0) throw new RangeError('a string has no end')
    const value = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return value
  }

  document(): Document {
    return deserialize(this.#take(this.#bytes.readInt32LE(this.#at)))
  }

  /** The part of the given length, its own int32 length included. */
  section(): BsonBody {
    const section = new BsonBody(this.#take(this.#bytes.readInt32LE(this.#at)))
    section.int32()
    return section
  }

  #take(length: number): Buffer {
    if (length < 4 || this.#at + length > this.#bytes.length) throw new RangeError('a length runs past the end of its message')
    const part = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return part
  }
}

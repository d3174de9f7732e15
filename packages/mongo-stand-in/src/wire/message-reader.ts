/** The largest message the hello reply allows, with room for headers. */
const MAX_MESSAGE_BYTES = 48_000_000 + 16_384
const HEADER_BYTES = 16

export interface Message {
  readonly requestId: number
  readonly opCode: number
  readonly body: Buffer
}

/** Cuts a byte stream into messages: `int32 length, requestID, responseTo, opCode`, then the body. */
export class MessageReader {
  #chunks: Buffer[] = []
  #bytes = 0

  /**
   * The messages completed by this chunk.
   * @throws RangeError when a header claims a length no message can have.
   */
  push(chunk: Buffer): Message[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const messages: Message[] = []
    for (let message = this.#next(); message; message = this.#next()) messages.push(message)
    return messages
  }

  #next(): Message | undefined {
    if (this.#bytes < HEADER_BYTES) return undefined
    if ((this.#chunks[0]?.length ?? 0) < HEADER_BYTES) this.#join()
    const length = this.#chunks[0]?.readInt32LE(0) ?? 0
    if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new RangeError(`no message is ${length} bytes long`)
    if (this.#bytes < length) return undefined

    const bytes = this.#join()
    this.#chunks = [bytes.subarray(length)]
    this.#bytes -= length
    return { requestId: bytes.readInt32LE(4), opCode: bytes.readInt32LE(12), body: bytes.subarray(HEADER_BYTES, length) }
  }

  #join(): Buffer {
    const joined = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}

/** A whole message around a body. */
export function frame(opCode: number, requestId: number, responseTo: number, body: Uint8Array[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeInt32LE(
    body.reduce((sum, part) => sum + part.length, HEADER_BYTES),
    0,
  )
  header.writeInt32LE(requestId, 4)
  header.writeInt32LE(responseTo, 8)
  header.writeInt32LE(opCode, 12)
  return Buffer.concat([header, ...body])
}

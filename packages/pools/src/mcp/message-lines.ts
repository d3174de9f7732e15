import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

const LF = 10

/** Messages of JSON-RPC out of the chunks of a stream. */
export interface MessageLines {
  /** Bytes that have not been read as messages. */
  readonly size: number
  append(chunk: Buffer): void
  /**
   * The next message; undefined when none has arrived as a whole.
   *
   * @throws SyntaxError for a line that is not JSON, Error for one that is no message: the line is skipped.
   */
  next(): JSONRPCMessage | undefined
  clear(): void
}

/**
 * Messages of JSON-RPC out of a stream that has one on each line, as MCP has over standard streams. It looks at the form of a message
 * alone, which takes far less time than the SDK's schemas; whoever handles it looks at what is in it.
 *
 * @example
 * const lines = messageLines()
 * stdin.on('data', (chunk) => {
 *   lines.append(chunk)
 *   for (let message = lines.next(); message !== undefined; message = lines.next()) handle(message)
 * })
 */
export function messageLines(): MessageLines {
  return new Lines()
}

class Lines implements MessageLines {
  readonly #chunks: Buffer[] = []
  /** Where the next line begins in the first chunk. */
  #from = 0
  /** The number of chunks, from the first, that are known to have no end of that line. */
  #searched = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  append(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  next(): JSONRPCMessage | undefined {
    const line = this.#line()
    if (line === undefined) return undefined
    const message: unknown = JSON.parse(line)
    if (!isMessage(message)) throw new Error(`a line is no message of JSON-RPC: ${line.slice(0, 200)}`)
    return message
  }

  clear(): void {
    this.#chunks.length = 0
    this.#from = this.#searched = this.#size = 0
  }

  #line(): string | undefined {
    for (; this.#searched < this.#chunks.length; this.#searched++) {
      const last = this.#chunks[this.#searched]!
      const end = last.indexOf(LF, this.#searched === 0 ? this.#from : 0)
      if (end >= 0) return this.#taken(last, end)
    }
    return undefined
  }

  /** What is before `end` in the chunk that was searched last. */
  #taken(last: Buffer, end: number): string {
    const chunks = this.#chunks
    const [first] = chunks
    let line: string
    if (first === last) line = last.toString('utf8', this.#from, end)
    else {
      const parts = [first!.subarray(this.#from), ...chunks.slice(1, this.#searched), last.subarray(0, end)]
      line = Buffer.concat(parts).toString('utf8')
    }
    const before = chunks.splice(0, this.#searched).reduce((size, { length }) => size + length, 0)
    this.#size -= before + end + 1 - this.#from
    this.#from = end + 1
    this.#searched = 0
    if (this.#from === last.length) {
      chunks.shift()
      this.#from = 0
    }
    return line
  }
}

/** Whether a value has the form of a request, a notification, a result or an error of JSON-RPC 2.0, as MCP has them. */
export function isMessage(value: unknown): value is JSONRPCMessage {
  if (!isObject(value) || value.jsonrpc !== '2.0') return false
  const { id, method, params, result, error } = value
  const hasId = typeof id === 'string' || Number.isSafeInteger(id)
  if (method !== undefined) {
    return typeof method === 'string' && (hasId || id === undefined) && (params === undefined || isObject(params))
  }
  if (result !== undefined) return hasId && error === undefined && isObject(result)
  return (hasId || id === undefined) && isObject(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

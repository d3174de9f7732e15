import { calculateObjectSize, Long } from 'bson'
import { CommandError } from '../command-error.js'
import type { Document } from '../document.js'

const FIRST_BATCH = 101
const MAX_BATCH_BYTES = 16_777_216

interface OpenCursor {
  readonly namespace: string
  readonly rest: Document[]
}

/** Results a client has not fetched yet. They live until fetched, killed, or the stand-in is cleared. */
export class Cursors {
  readonly #open = new Map<number, OpenCursor>()
  #lastId = 0

  get count(): number {
    return this.#open.size
  }

  /** The reply of a command that opens a cursor. */
  first(namespace: string, documents: Document[], options: { batchSize?: number; singleBatch?: boolean } = {}): Document {
    const { batchSize = FIRST_BATCH, singleBatch = false } = options
    const firstBatch = takeBatch(documents, batchSize)
    const rest = singleBatch ? [] : documents.slice(firstBatch.length)
    const id = rest.length > 0 ? ++this.#lastId : 0
    if (rest.length > 0) this.#open.set(id, { namespace, rest })
    return { cursor: { firstBatch, id: Long.fromNumber(id), ns: namespace }, ok: 1 }
  }

  next(id: number, namespace: string, batchSize: number): Document {
    const cursor = this.#open.get(id)
    if (!cursor || cursor.namespace !== namespace) throw new CommandError('CursorNotFound', `cursor id ${id} not found`)
    const nextBatch = takeBatch(cursor.rest, batchSize > 0 ? batchSize : Number.POSITIVE_INFINITY)
    cursor.rest.splice(0, nextBatch.length)
    if (cursor.rest.length === 0) this.#open.delete(id)
    return { cursor: { nextBatch, id: Long.fromNumber(cursor.rest.length > 0 ? id : 0), ns: namespace }, ok: 1 }
  }

  kill(id: number): boolean {
    return this.#open.delete(id)
  }

  clear(): void {
    this.#open.clear()
  }
}

/** As many as asked for and as fit into one reply, one at least. */
function takeBatch(documents: Document[], batchSize: number): Document[] {
  let bytes = 0
  const end = documents.findIndex((document, at) => {
    bytes += calculateObjectSize(document)
    return at >= batchSize || (at > 0 && bytes > MAX_BATCH_BYTES)
  })
  return end < 0 ? [...documents] : documents.slice(0, end)
}

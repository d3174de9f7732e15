import { serialize } from 'bson'
import type { Document } from '../document.js'
import { BsonBody } from './bson-body.js'
import { frame, type Message } from './message-reader.js'

export const OP_MSG = 2013

const CHECKSUM_PRESENT = 1 << 0
const MORE_TO_COME = 1 << 1
const EXHAUST_ALLOWED = 1 << 16
const REQUIRED_BITS = 0xffff
const CHECKSUM_BYTES = 4

export interface Request {
  readonly requestId: number
  readonly command: Document
  /** The sender wants no answer (an unacknowledged write). */
  readonly silent: boolean
  /** The sender takes many answers to this one request (a streaming heartbeat). */
  readonly exhaustAllowed: boolean
}

/**
 * A request out of an OP_MSG: one command document, and arrays of documents sent beside it.
 * A checksum is cut off and not verified: the bytes came over loopback.
 * @throws RangeError or BSONError for anything that breaks the format.
 */
export function readOpMsg({ requestId, body }: Message): Request {
  const flags = body.readUInt32LE(0)
  if (flags & REQUIRED_BITS & ~(CHECKSUM_PRESENT | MORE_TO_COME)) throw new RangeError('a required flag bit is unknown')
  const sections = new BsonBody(body.subarray(4, flags & CHECKSUM_PRESENT ? body.length - CHECKSUM_BYTES : body.length))

  let command: Document | undefined
  const sequences: Document = {}
  while (!sections.done) {
    const kind = sections.byte()
    if (kind === 0 && !command) command = sections.document()
    else if (kind === 1) readSequence(sections.section(), sequences)
    else throw new RangeError(`an OP_MSG section of kind ${kind} has no place here`)
  }
  if (!command) throw new RangeError('an OP_MSG has no command')
  return {
    requestId,
    command: { ...command, ...sequences },
    silent: (flags & MORE_TO_COME) !== 0,
    exhaustAllowed: (flags & EXHAUST_ALLOWED) !== 0,
  }
}

export function writeOpMsg(reply: Document, ids: { requestId: number; responseTo: number; moreToCome: boolean }): Buffer {
  const prelude = Buffer.alloc(5)
  prelude.writeUInt32LE(ids.moreToCome ? MORE_TO_COME : 0, 0)
  return frame(OP_MSG, ids.requestId, ids.responseTo, [prelude, serialize(reply)])
}

function readSequence(section: BsonBody, sequences: Document): void {
  const name = section.text()
  const documents: Document[] = []
  while (!section.done) documents.push(section.document())
  sequences[name] = documents
}

import { serialize } from 'bson'
import { type Document, isDocument } from '../document.js'
import { BsonBody } from './bson-body.js'
import { frame, type Message } from './message-reader.js'
import type { Request } from './op-msg.js'

export const OP_QUERY = 2004
const OP_REPLY = 1

/**
 * The command in an OP_QUERY, the format drivers still use for their first hello because they cannot know yet what the
 * server speaks. Nothing else may come this way.
 */
export function readOpQuery({ requestId, body }: Message): Request {
  const reader = new BsonBody(body)
  reader.int32() // flags
  const namespace = reader.text()
  reader.int32() // numberToSkip
  reader.int32() // numberToReturn
  const query = reader.document()
  const command = isDocument(query.$query) ? query.$query : query
  return {
    requestId,
    command: { ...command, $db: namespace.slice(0, namespace.lastIndexOf('.$cmd')) },
    silent: false,
    exhaustAllowed: false,
  }
}

export function writeOpReply(reply: Document, ids: { requestId: number; responseTo: number }): Buffer {
  const prelude = Buffer.alloc(20) // responseFlags, cursorID, startingFrom, numberReturned
  prelude.writeInt32LE(1, 16)
  return frame(OP_REPLY, ids.requestId, ids.responseTo, [prelude, serialize(reply)])
}

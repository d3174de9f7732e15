/** Bytes that one message of a server may have unless `maxMessageSize` says otherwise: what the SDK allows over stdio. */
export const MESSAGE_SIZE = 10 * 1024 * 1024

const [LF, CR, COLON] = [10, 13, 58]

/** Counts the bytes of a message that has no end yet. */
export interface MessageSize {
  /** False once the message has more than it may have. */
  accepts(chunk: Uint8Array): boolean
}

/** Of a body that is one message. */
export function bodySize(limit: number): MessageSize {
  let size = 0
  return {
    accepts: (chunk) => {
      size += chunk.length
      return size <= limit
    },
  }
}

/** Of messages that end with their line. */
export function lineSize(limit: number): MessageSize {
  let size = 0
  return {
    accepts: (chunk) => {
      let from = 0
      for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
        if (size + end - from > limit) return false
        size = 0
        from = end + 1
      }
      size += chunk.length - from
      return size <= limit
    },
  }
}

/** Of events in an event stream, which end with an empty line; comments are no part of them, but may not be endless either. */
export function eventSize(limit: number): MessageSize {
  let event = 0
  let line = 0
  let isComment = false
  let afterCr = false
  const endLine = () => {
    if (line === 0) event = 0
    else if (!isComment) event += line
    line = 0
  }
  return {
    accepts: (chunk) => {
      for (const byte of chunk) {
        if (byte === CR || (byte === LF && !afterCr)) endLine()
        else if (byte !== LF) {
          if (line === 0) isComment = byte === COLON
          line++
          if ((isComment ? line : event + line) > limit) return false
        }
        afterCr = byte === CR
      }
      return true
    },
  }
}

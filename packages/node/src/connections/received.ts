import type { ServerHttp2Stream } from 'node:http2'

/** nghttp2's word for a stream whose client has sent all that it will: `http2.constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE`. */
const HALF_CLOSED_REMOTE = 6

/** Whether the request of a stream has come in full, also where nobody has read it. To be asked while the stream is open. */
export function isReceived(stream: ServerHttp2Stream): boolean {
  return stream.endAfterHeaders || stream.state.state === HALF_CLOSED_REMOTE
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

export type ProbeRequest = IncomingMessage | Http2ServerRequest
export type ProbeResponse = ServerResponse | Http2ServerResponse

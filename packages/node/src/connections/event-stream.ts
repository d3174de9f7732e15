import type { Http1Response } from './connection.js'

/** Whether a content type is that of server-sent events. */
export function isEventStream(type: unknown): boolean {
  return typeof type === 'string' && /^text\/event-stream\b/i.test(type)
}

/** The content type of a response whose head is out. */
export function contentType(response: Pick<Http1Response, 'getHeader' | '_header'>): unknown {
  return response.getHeader('content-type') ?? /\r\ncontent-type:[ \t]*([^\r\n]*)/i.exec(response._header ?? '')?.[1]
}

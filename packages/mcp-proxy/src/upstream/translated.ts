import type { Result } from '@modelcontextprotocol/sdk/types.js'
import { isObject } from '../config/checks.js'
import { uriFor } from './names.js'

/** A result of a server with the URIs of resources in it as clients of the proxy know them, so that they can be read through it. */
export function translated(server: string, result: Result): Result {
  const { contents, content, messages } = result
  if (contents === undefined && messages === undefined && !(Array.isArray(content) && content.some(hasUri))) return result
  return {
    ...result,
    ...(Array.isArray(contents) && { contents: contents.map((part) => withUri(server, part)) }),
    ...(Array.isArray(content) && { content: content.map((part) => ofContent(server, part)) }),
    ...(Array.isArray(messages) && { messages: messages.map((message) => ofMessage(server, message)) }),
  }
}

function ofMessage(server: string, message: unknown): unknown {
  if (!isObject(message)) return message
  const { content } = message
  const parts = Array.isArray(content) ? content.map((part) => ofContent(server, part)) : ofContent(server, content)
  return { ...message, content: parts }
}

function hasUri(part: unknown): boolean {
  return isObject(part) && (part.type === 'resource_link' || part.type === 'resource')
}

/** A link to a resource, or a resource that is embedded. */
function ofContent(server: string, part: unknown): unknown {
  if (!isObject(part)) return part
  if (part.type === 'resource_link') return withUri(server, part)
  return part.type === 'resource' ? { ...part, resource: withUri(server, part.resource) } : part
}

function withUri(server: string, part: unknown): unknown {
  return isObject(part) && typeof part.uri === 'string' ? { ...part, uri: uriFor(server, part.uri) } : part
}

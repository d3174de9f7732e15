import { LONGEST_TIMER } from '../wait/longest-timer.js'

/** Loads the parts of the MCP SDK, a peer dependency, that are used here; called when a resource that needs it starts. */
export async function loadMcpSdk() {
  try {
    const [client, sse, streamable] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/sse.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    ])
    return {
      Client: client.Client,
      SSEClientTransport: sse.SSEClientTransport,
      SseError: sse.SseError,
      StreamableHTTPClientTransport: streamable.StreamableHTTPClientTransport,
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new Error('the MCP SDK is not installed; run npm install @modelcontextprotocol/sdk', { cause })
  }
}

export type McpSdk = Awaited<ReturnType<typeof loadMcpSdk>>

/** For requests of the SDK, which limits each to a minute by default: here the caller's signal limits it. */
export const NO_TIMEOUT: number = LONGEST_TIMER
